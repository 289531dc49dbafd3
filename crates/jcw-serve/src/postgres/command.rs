//! A command is one statement of a client's text, told apart by its first words:
//! a query, or one of the many things that tools send out of habit.

use crate::placeholder::Places;
use crate::postgres::error::{error, governed};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};
use jcw_govern::measure;
use pgwire::error::PgWireError;

/// One statement, with the place of its first character in the text, from nought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) sql: String,
    pub(super) begins: usize,
}

/// What a statement asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// A plan, governed or of the catalogue.
    Query,
    /// Sets a variable.
    Set(String, String),
    /// A variable and its value until the transaction ends.
    SetLocal(String, String),
    /// Sets one variable, or with `all` every one, as it was.
    Reset(String),
    /// Shows one variable, or with `all` every one.
    Show(String),
    /// From now on the session stays with one release.
    Begin,
    /// It does not any more; `COMMIT` or `ROLLBACK`.
    End(&'static str),
    /// Rows of a query, to be fetched by and by.
    Declare(String, String),
    /// The next rows of a cursor; `None` is all of them.
    Fetch(String, Option<usize>),
    /// Skips rows of a cursor.
    Move(String, Option<usize>),
    /// Closes a cursor, or with `all` every one.
    Close(String),
    /// Forgets a prepared statement, or with `all` every one.
    Deallocate(String),
    /// Forgets everything.
    Discard,
    /// Something that has no meaning here and does no harm; with its tag.
    Nothing(&'static str),
    /// Changes data.
    Write(String),
}

/// The statements of a text.
///
/// # Errors
/// When the text cannot be cut into words, or there are too many.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, PgWireError> {
    measure(text).map_err(|failed| governed(failed, text))?;
    let tokens = tokens(text)?;
    let mut parts = Vec::new();
    let mut first: Option<Location> = None;
    let place = Places::of(text);
    for token in tokens.iter().filter(|token| !is_space(&token.token)) {
        match (&token.token, first) {
            (Token::SemiColon, Some(begins)) => {
                parts.push(part(&place, text, begins, Some(token.span.start)));
                first = None;
            }
            (Token::SemiColon, None) | (_, Some(_)) => (),
            (_, None) => first = Some(token.span.start),
        }
    }
    if let Some(begins) = first {
        parts.push(part(&place, text, begins, None));
    }
    Ok(parts)
}

fn tokens(text: &str) -> Result<Vec<TokenWithSpan>, PgWireError> {
    (Tokenizer::new(&PostgreSqlDialect {}, text).tokenize_with_location())
        .map_err(|_| error("42601", "a quotation mark or comment is not closed"))
}

fn is_space(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}

fn part(places: &Places, text: &str, begins: Location, ends: Option<Location>) -> Part {
    let (from, begins) = places.before(text, begins);
    let to = ends.map_or(text.len(), |at| places.before(text, at).0);
    Part {
        sql: text.get(from..to).unwrap_or_default().trim_end().to_owned(),
        begins,
    }
}

impl Command {
    /// What one statement asks.
    ///
    /// # Errors
    /// When it begins like one of ours and does not go on so.
    pub(super) fn of(sql: &str) -> Result<Command, PgWireError> {
        let tokens = tokens(sql)?;
        let tokens = tokens.into_iter().map(|token| token.token);
        let words: Vec<Token> = tokens.filter(|token| !is_space(token)).collect();
        let said: Vec<String> = words.iter().take(6).map(upper).collect();
        let said: Vec<&str> = said.iter().map(String::as_str).collect();
        let named = |at: usize| words.get(at).map(name).ok_or_else(incomplete);
        Ok(match said.as_slice() {
            ["SET", "TRANSACTION" | "CONSTRAINTS", ..] => Command::Nothing("SET"),
            ["SET", "SESSION", "CHARACTERISTICS", ..] => Command::Nothing("SET"),
            ["SET", "ROLE", ..] | ["SET", "SESSION", "AUTHORIZATION", ..] => {
                return Err(error("42501", "nobody becomes somebody else here"));
            }
            ["SET", "SESSION", ..] => set(&words[2..])?,
            ["SET", "LOCAL", ..] => match set(&words[2..])? {
                Command::Set(name, value) => Command::SetLocal(name, value),
                reset => reset,
            },
            ["SET", ..] => set(&words[1..])?,
            ["RESET", "SESSION", "AUTHORIZATION"] | ["RESET", "ROLE"] => Command::Nothing("RESET"),
            ["RESET", ..] => Command::Reset(named(1)?),
            ["SHOW", "TRANSACTION", "ISOLATION", "LEVEL"] => {
                Command::Show("transaction_isolation".into())
            }
            ["SHOW", "TIME", "ZONE"] => Command::Show("timezone".into()),
            ["SHOW", "SESSION", "AUTHORIZATION"] => Command::Show("session_authorization".into()),
            ["SHOW", _] => Command::Show(named(1)?),
            ["SHOW", ..] => Command::Show(dotted(&words[1..])),
            ["BEGIN", ..] | ["START", "TRANSACTION", ..] => Command::Begin,
            ["COMMIT", "PREPARED", ..] | ["ROLLBACK", "PREPARED", ..] => {
                return Err(error("0A000", "there are no prepared transactions here"));
            }
            ["ROLLBACK" | "ABORT", "TO", ..] => Command::Nothing("ROLLBACK"),
            ["ROLLBACK" | "ABORT", _, "TO", ..] => Command::Nothing("ROLLBACK"),
            ["COMMIT" | "END", ..] => Command::End("COMMIT"),
            ["ROLLBACK" | "ABORT", ..] => Command::End("ROLLBACK"),
            ["SAVEPOINT", ..] => Command::Nothing("SAVEPOINT"),
            ["RELEASE", ..] => Command::Nothing("RELEASE"),
            ["DECLARE", ..] => declare(sql, &words)?,
            ["FETCH", ..] => fetch(&words[1..], Command::Fetch)?,
            ["MOVE", ..] => fetch(&words[1..], Command::Move)?,
            ["CLOSE", ..] => Command::Close(named(1)?),
            ["DEALLOCATE", "PREPARE", ..] => Command::Deallocate(named(2)?),
            ["DEALLOCATE", ..] => Command::Deallocate(named(1)?),
            ["DISCARD", "ALL"] => Command::Discard,
            ["DISCARD", ..] => Command::Nothing("DISCARD"),
            ["LISTEN", ..] => Command::Nothing("LISTEN"),
            ["UNLISTEN", ..] => Command::Nothing("UNLISTEN"),
            [
                verb @ ("INSERT" | "UPDATE" | "DELETE" | "MERGE" | "CREATE" | "DROP" | "ALTER"
                | "TRUNCATE" | "GRANT" | "REVOKE" | "COMMENT" | "VACUUM" | "ANALYZE"
                | "REINDEX" | "CLUSTER" | "REFRESH" | "LOCK" | "CALL" | "DO" | "REASSIGN"
                | "SECURITY" | "IMPORT" | "NOTIFY" | "COPY"),
                ..,
            ] => Command::Write((*verb).to_owned()),
            _ => Command::Query,
        })
    }
}

fn incomplete() -> PgWireError {
    error("42601", "the statement is not complete")
}

/// A word in capitals; nothing for what is quoted.
fn upper(token: &Token) -> String {
    match token {
        Token::Word(word) if word.quote_style.is_none() => word.value.to_uppercase(),
        Token::Word(_) => String::new(),
        other => other.to_string(),
    }
}

/// A name as Postgres reads it: in small letters unless quoted.
fn name(token: &Token) -> String {
    match token {
        Token::Word(word) if word.quote_style.is_none() => word.value.to_lowercase(),
        Token::Word(word) => word.value.clone(),
        other => value(other),
    }
}

fn value(token: &Token) -> String {
    match token {
        Token::Word(word) => word.value.clone(),
        Token::SingleQuotedString(text)
        | Token::EscapedStringLiteral(text)
        | Token::UnicodeStringLiteral(text)
        | Token::NationalStringLiteral(text) => text.clone(),
        other => other.to_string(),
    }
}

fn dotted(words: &[Token]) -> String {
    words.iter().map(name).collect()
}

/// `name = value`, `name to value`, `time zone value`, `names value`.
fn set(words: &[Token]) -> Result<Command, PgWireError> {
    let said: Vec<String> = words.iter().take(3).map(upper).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let (name, values) = match said.as_slice() {
        ["TIME", "ZONE", ..] => ("timezone".to_owned(), &words[2..]),
        ["NAMES", ..] => ("client_encoding".to_owned(), &words[1..]),
        ["AS", "OF", ..] => return Err(error("42601", "SET release = 'AS OF 2026-05-31'")),
        _ => {
            let is_sign = |token: &Token| *token == Token::Eq || upper(token) == "TO";
            let at = words.iter().position(is_sign).ok_or_else(incomplete)?;
            (dotted(&words[..at]), &words[at + 1..])
        }
    };
    if name.is_empty() || values.is_empty() {
        return Err(incomplete());
    }
    let mut text = String::new();
    for (index, token) in values.iter().enumerate() {
        let glued = index == 0 || *token == Token::Comma || values[index - 1] == Token::Minus;
        if !glued {
            text.push(' ');
        }
        text.push_str(&value(token));
    }
    match text.eq_ignore_ascii_case("default") && values.len() == 1 {
        true => Ok(Command::Reset(name)),
        false => Ok(Command::Set(name, text)),
    }
}

/// `declare name [binary] [insensitive] [[no] scroll] cursor [with|without hold] for query`.
fn declare(sql: &str, words: &[Token]) -> Result<Command, PgWireError> {
    let is_for = |token: &Token| upper(token) == "FOR";
    let at = words.iter().position(is_for).ok_or_else(incomplete)?;
    let options: Vec<String> = words[..at].iter().skip(2).map(upper).collect();
    if options.iter().any(|word| word == "BINARY") {
        return Err(error(
            "0A000",
            "binary cursors are not built; use the extended protocol",
        ));
    }
    let named = words.get(1).map(name).ok_or_else(incomplete)?;
    let all = tokens(sql)?;
    let ends = all.iter().find(|token| is_for(&token.token));
    let ends = ends.ok_or_else(incomplete)?.span.end;
    let from = Places::of(sql).before(sql, ends).0;
    let query = sql.get(from..).unwrap_or_default().trim();
    match query.is_empty() {
        true => Err(incomplete()),
        false => Ok(Command::Declare(named, query.to_owned())),
    }
}

/// `[forward] [count|all|next] [from|in] name`.
fn fetch(
    words: &[Token],
    command: fn(String, Option<usize>) -> Command,
) -> Result<Command, PgWireError> {
    let (cursor, how) = words.split_last().ok_or_else(incomplete)?;
    let mut count = Some(1);
    for token in how {
        match (upper(token).as_str(), token) {
            ("NEXT" | "FORWARD" | "FROM" | "IN", _) => (),
            ("ALL", _) => count = None,
            (_, Token::Number(number, _)) => {
                count = Some(number.parse().map_err(|_| incomplete())?);
            }
            _ => return Err(error("0A000", "a cursor only goes forward")),
        }
    }
    Ok(command(name(cursor), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &str) -> Command {
        Command::of(sql).unwrap()
    }

    #[test]
    fn a_text_is_cut_at_semicolons_that_are_not_quoted() {
        let text = "select ';' -- ;\n; \n /* ; */ select 'é', $$;$$;;";
        let parts = parts(text).unwrap();
        let sql: Vec<&str> = parts.iter().map(|part| part.sql.as_str()).collect();
        assert_eq!(sql, ["select ';' -- ;", "select 'é', $$;$$"]);
        assert_eq!(parts[1].begins, 28);
        assert!(super::parts("select 'a").is_err());
        assert!(super::parts(" ; ").unwrap().is_empty());
    }

    #[test]
    fn what_tools_send_out_of_habit_is_understood() {
        let set = |name: &str, value: &str| Command::Set(name.into(), value.into());
        assert_eq!(
            of("SET extra_float_digits = 3"),
            set("extra_float_digits", "3")
        );
        assert_eq!(
            of("set local search_path to a, \"B\""),
            Command::SetLocal("search_path".into(), "a, B".into())
        );
        assert_eq!(
            of("SET release = 'AS OF 2026-05-31'"),
            set("release", "AS OF 2026-05-31")
        );
        assert_eq!(of("set time zone 'UTC'"), set("timezone", "UTC"));
        assert_eq!(
            of("SET DateStyle TO DEFAULT"),
            Command::Reset("datestyle".into())
        );
        assert_eq!(of("SET x = -1"), set("x", "- 1".replace(' ', "").as_str()));
        assert_eq!(
            of("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"),
            Command::Nothing("SET")
        );
        assert!(Command::of("SET ROLE admin").is_err());
        assert_eq!(
            of("show transaction isolation level"),
            Command::Show("transaction_isolation".into())
        );
        assert_eq!(of("begin read only"), Command::Begin);
        assert_eq!(of("ROLLBACK TO SAVEPOINT a"), Command::Nothing("ROLLBACK"));
        assert_eq!(of("abort"), Command::End("ROLLBACK"));
        assert_eq!(of("deallocate all"), Command::Deallocate("all".into()));
        assert_eq!(
            of("/* x */ insert into a values (1)"),
            Command::Write("INSERT".into())
        );
        assert_eq!(of("with a as (select 1) select * from a"), Command::Query);
    }

    #[test]
    fn a_cursor_is_declared_and_fetched() {
        assert_eq!(
            of("DECLARE \"C\" NO SCROLL CURSOR WITH HOLD FOR select 1 "),
            Command::Declare("C".into(), "select 1".into())
        );
        assert_eq!(
            of("FETCH FORWARD 100 FROM c"),
            Command::Fetch("c".into(), Some(100))
        );
        assert_eq!(of("fetch all in c"), Command::Fetch("c".into(), None));
        assert_eq!(of("fetch c"), Command::Fetch("c".into(), Some(1)));
        assert!(Command::of("fetch backward 1 from c").is_err());
    }
}
