//! A pattern is how a date is written: `to_char(day, 'YYYY-MM')` in Postgres' words,
//! `'%Y-%m'` in the engine's, which would give Postgres' words back as they stand.

use crate::placeholder::Places;
use crate::postgres::error::error;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use pgwire::error::PgWireResult;

/// Functions whose last argument is a pattern.
const FUNCTIONS: &[&str] = &["to_char", "to_date", "to_timestamp"];

/// Postgres' words and the engine's; of two that begin alike the longer stands first.
const WORDS: &[(&str, &str)] = &[
    ("FMMonth", "%B"),
    ("FMDay", "%A"),
    ("IYYY", "%G"),
    ("YYYY", "%Y"),
    ("HH24", "%H"),
    ("HH12", "%I"),
    ("DDD", "%j"),
    ("Mon", "%b"),
    ("YY", "%y"),
    ("MM", "%m"),
    ("DD", "%d"),
    ("HH", "%I"),
    ("MI", "%M"),
    ("SS", "%S"),
    ("MS", "%3f"),
    ("US", "%6f"),
    ("IW", "%V"),
    ("Dy", "%a"),
];

/// The SQL with Postgres' patterns in the engine's words; a pattern with `%` in it is
/// the engine's already.
///
/// # Errors
/// When a pattern has a word that is not known here: its answer would be wrong.
pub(super) fn known(sql: &str) -> PgWireResult<String> {
    let small = sql.to_lowercase();
    if !FUNCTIONS.iter().any(|name| small.contains(name)) {
        return Ok(sql.to_owned());
    }
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location();
    let Ok(tokens) = tokens else {
        return Ok(sql.to_owned());
    };
    // Only the patterns are written anew, the last one first: the rest stays as it is,
    // to its last sign.
    let (mut known, places) = (sql.to_owned(), Places::of(sql));
    for at in patterns(&tokens).into_iter().rev() {
        let TokenWithSpan { token, span } = &tokens[at];
        let Token::SingleQuotedString(pattern) = token else {
            continue;
        };
        let unknown = || {
            let message = "a word of the pattern is not known; write it as in '%Y-%m-%d'";
            error("0A000", message)
        };
        let translated = translated(pattern).ok_or_else(unknown)?;
        let [start, end] = [span.start, span.end].map(|place| places.before(sql, place).0);
        known.replace_range(start..end, &format!("'{}'", translated.replace('\'', "''")));
    }
    Ok(known)
}

/// Where texts stand that are the second argument of one of the functions.
fn patterns(tokens: &[TokenWithSpan]) -> Vec<usize> {
    let mut found = Vec::new();
    // For each parenthesis that is open: whether it is such a function's, and where
    // its last comma is.
    let mut open: Vec<(bool, Option<usize>)> = Vec::new();
    let mut before: Option<usize> = None;
    for (at, TokenWithSpan { token, .. }) in tokens.iter().enumerate() {
        match token {
            Token::Whitespace(_) => continue,
            Token::LParen => {
                let called = before.and_then(|before| match &tokens[before].token {
                    Token::Word(word) => Some(word.value.to_lowercase()),
                    _ => None,
                });
                let is_one = called.is_some_and(|name| FUNCTIONS.contains(&name.as_str()));
                open.push((is_one, None));
            }
            Token::Comma => {
                if let Some((_, comma)) = open.last_mut() {
                    *comma = Some(at);
                }
            }
            Token::RParen => {
                if let (Some((true, Some(comma))), Some(last)) = (open.pop(), before) {
                    let is_whole = (tokens[comma + 1..last].iter())
                        .all(|token| matches!(token.token, Token::Whitespace(_)));
                    if is_whole {
                        found.push(last);
                    }
                }
            }
            _ => (),
        }
        before = Some(at);
    }
    found
}

fn translated(pattern: &str) -> Option<String> {
    if pattern.contains('%') {
        return Some(pattern.to_owned());
    }
    // Seconds of the day, and not seconds twice.
    if pattern.to_uppercase().contains("SSSS") {
        return None;
    }
    let (mut rest, mut text) = (pattern, String::new());
    while let Some(letter) = rest.chars().next() {
        let is_small = rest.starts_with(|letter: char| letter.is_ascii_lowercase());
        let word = WORDS.iter().find(|(word, _)| match is_small {
            // Figures are the same in small letters, names are not.
            true => word.to_uppercase() == *word && rest.starts_with(&word.to_lowercase()),
            false => rest.starts_with(word),
        });
        if let Some((word, engine)) = word {
            text.push_str(engine);
            rest = &rest[word.len()..];
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (plain, after) = quoted.split_once('"')?;
            text.push_str(plain);
            rest = after;
        } else if letter.is_alphabetic() {
            return None;
        } else {
            text.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_the_same_in_other_words_or_refused() {
        let sql = "select to_char(max(a, 'MM'), 'YYYY-MM\"T\"hh24'), 'YYYY', to_char(a, '%Y')";
        let right = "select to_char(max(a, 'MM'), '%Y-%mT%H'), 'YYYY', to_char(a, '%Y')";
        assert_eq!(known(sql).unwrap(), right);
        assert_eq!(known(right).unwrap(), right);
        for unknown in ["YYYY-Q", "Month", "SSSS", "mon", "HH AM"] {
            assert!(known(&format!("select to_char(a, '{unknown}')")).is_err());
        }
        for plain in [
            "select to_char(a, $1), 'é",
            "select E'it''s\\n', U&\"d\\0061t\", $$a'b$$ /* to_char */ from \"o\"\"x\"",
        ] {
            assert_eq!(known(plain).unwrap(), plain);
        }
    }

    #[test]
    fn what_is_not_a_pattern_stays_as_it_stands() {
        let sql = "select 'it''s é', E'\\'', $$a'b$$, -- 'YYYY'\r\n\tto_char(\"a\"\"b\", 'YY\"''\"MM' )\n, 'YY', to_date('1', 'DD')";
        let right = "select 'it''s é', E'\\'', $$a'b$$, -- 'YYYY'\r\n\tto_char(\"a\"\"b\", '%y''%m' )\n, 'YY', to_date('1', '%d')";
        assert_eq!(known(sql).unwrap(), right);
    }
}
