//! The text of a query before anything is planned: not too long for the parser
//! and the planner, exactly one statement, and of a kind that reads.

use crate::allowed::{STEPS, too_many_steps};
use crate::error::{GovernError, Kind, Result, Spot};
use crate::steps::has_at_most;
use crate::wildcard::completed;
use datafusion::common::format::ExplainStatementOptions;
use datafusion::sql::parser::{DFParserBuilder, Statement as Parsed};
use datafusion::sql::sqlparser::ast::{
    ObjectName, SetExpr, Statement as Sql, TableFactor, Visit, Visitor,
};
use datafusion::sql::sqlparser::ast::{Query, Select};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use jcw_lake::{Misread, misread};
use std::ops::ControlFlow;

/// Most bytes of SQL.
const BYTES: usize = 64 << 10;
/// Most words and signs.
const TOKENS: usize = 10_000;
/// Most operators in a row, as in `a or b or c`; each is one more level of a tree
/// that is walked by recursion.
const CHAIN: usize = 500;
/// Most characters of one name.
const NAME: usize = 256;
/// Most levels of brackets, and of the parser.
const DEPTH: usize = 50;
/// Most of each of these words.
const WORDS: [(Keyword, &str, usize); 4] = [
    (Keyword::SELECT, "selects", 200),
    (Keyword::JOIN, "joins", 50),
    (Keyword::UNION, "unions", 100),
    (Keyword::CASE, "cases", 200),
];

/// One statement that reads, and what to do with it.
#[derive(Debug)]
pub(crate) enum Request {
    /// Answer it.
    Query(Box<Parsed>),
    /// Say how it would be answered.
    Explain(Box<Parsed>),
    /// `SHOW TABLES`.
    Tables,
    /// `DESCRIBE table`, `SHOW COLUMNS FROM table`.
    Columns(ObjectName),
}

impl Request {
    /// Reads one statement.
    ///
    /// # Errors
    /// When it is too long, is not one statement, or is of a kind that is never
    /// allowed.
    pub(crate) fn read(sql: &str) -> Result<Request> {
        measure(sql)?;
        let mut statements = DFParserBuilder::new(sql)
            .with_recursion_limit(DEPTH)
            .build()
            .and_then(|mut parser| parser.parse_statements())
            .map_err(|error| crate::refusal::of_parsing(&error, sql))?;
        let statement = match (statements.pop_front(), statements.is_empty()) {
            (Some(statement), true) => statement,
            (None, _) => return Err(GovernError::new(Kind::Syntax, "there is no query here")),
            _ => {
                let message = "this is more than one statement; ask one question at a time";
                return Err(GovernError::new(Kind::Refused, message));
            }
        };
        Request::of(statement)
    }

    /// What a statement asks.
    ///
    /// # Errors
    /// When it is of a kind that is never allowed.
    pub(crate) fn of(statement: Parsed) -> Result<Request> {
        match statement {
            Parsed::Statement(sql) => Request::of_sql(*sql),
            Parsed::Explain(explain) if explain.options == ExplainStatementOptions::default() => {
                match Request::of(*explain.statement)? {
                    Request::Query(query) => Ok(Request::Explain(query)),
                    _ => Err(refused("explain says how a query would be answered")),
                }
            }
            Parsed::Explain(_) => Err(refused(
                "explain does not run queries here, nor tell more of them; ask plain `explain`",
            )),
            Parsed::CreateExternalTable(_) | Parsed::CopyTo(_) | Parsed::Reset(_) => Err(writes()),
        }
    }

    fn of_sql(sql: Sql) -> Result<Request> {
        match sql {
            Sql::Query(mut query) => {
                if !has_at_most(STEPS, &query) {
                    return Err(too_many_steps());
                }
                let mut odd = Odd;
                if let ControlFlow::Break(error) = query.visit(&mut odd) {
                    return Err(error);
                }
                if let Some(found) = misread(&query) {
                    return Err(otherwise(found));
                }
                completed(&mut query);
                Ok(Request::Query(Box::new(Parsed::Statement(Box::new(
                    Sql::Query(query),
                )))))
            }
            Sql::Explain {
                analyze: false,
                verbose: false,
                statement,
                ..
            } => match Request::of_sql(*statement)? {
                Request::Query(query) => Ok(Request::Explain(query)),
                _ => Err(refused("explain says how a query would be answered")),
            },
            Sql::Explain { .. } => Err(refused(
                "explain does not run queries here, nor tell more of them; ask plain `explain`",
            )),
            Sql::ShowTables { .. } => Ok(Request::Tables),
            Sql::ExplainTable { table_name, .. } => Ok(Request::Columns(table_name)),
            Sql::ShowColumns { show_options, .. } => {
                let table = show_options.show_in.and_then(|within| within.parent_name);
                table.map(Request::Columns).ok_or_else(|| {
                    GovernError::new(Kind::Syntax, "say of which table: show columns from table")
                })
            }
            Sql::Prepare { .. } | Sql::Execute { .. } | Sql::Deallocate { .. } => Err(refused(
                "statements are prepared by the client's protocol, not in SQL",
            )),
            _ => Err(writes()),
        }
    }
}

fn refused(message: &str) -> GovernError {
    GovernError::new(Kind::Refused, message)
}

fn otherwise(found: Misread) -> GovernError {
    GovernError {
        kind: Kind::Unsupported,
        message: format!("{}; {}", found.what, found.instead),
        spot: Some(Spot {
            line: found.span.start.line,
            column: found.span.start.column,
        }),
    }
}

fn writes() -> GovernError {
    refused("only queries that read are allowed")
}

/// What the planner would pass over in silence.
struct Odd;

impl Visitor for Odd {
    type Break = GovernError;

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<GovernError> {
        let is_odd = match table {
            TableFactor::Table {
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
                ..
            } => {
                !with_hints.is_empty()
                    || version.is_some()
                    || *with_ordinality
                    || !partitions.is_empty()
                    || json_path.is_some()
                    || sample.is_some()
                    || !index_hints.is_empty()
            }
            TableFactor::Derived { sample, .. } => sample.is_some(),
            _ => false,
        };
        match is_odd {
            true => ControlFlow::Break(GovernError::new(
                Kind::Refused,
                "samples, versions and hints of tables are not allowed; say the release for the whole session",
            )),
            false => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<GovernError> {
        let locks = !query.locks.is_empty();
        let writes = matches!(
            query.body.as_ref(),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_)
        );
        match locks || writes {
            true => ControlFlow::Break(self::writes()),
            false => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<GovernError> {
        match select.into.is_some() {
            true => ControlFlow::Break(writes()),
            false => ControlFlow::Continue(()),
        }
    }
}

/// Whether a text may be read at all: how long it is, how many words it has and
/// how deep they go. Whoever else parses what a client sent calls it first: a long
/// chain ends the process, not the query.
///
/// # Errors
/// [`Kind::Limit`] with the place, [`Kind::Syntax`] where there are no words.
pub fn measure(sql: &str) -> Result<()> {
    if sql.len() > BYTES {
        return Err(too_long("the query is longer than 64 KiB", None));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, sql)
        .tokenize_with_location()
        .map_err(|error| GovernError {
            kind: Kind::Syntax,
            message: "this is not SQL: a text or a name has no end, or a sign is unknown".into(),
            spot: Some(Spot {
                line: error.location.line,
                column: error.location.column,
            }),
        })?;
    let mut measure = Measure::default();
    for token in tokens {
        let start = token.span.start;
        let spot = Spot {
            line: start.line,
            column: start.column,
        };
        (measure.take(&token.token)).map_err(|message| too_long(&message, Some(spot)))?;
    }
    Ok(())
}

fn too_long(message: &str, spot: Option<Spot>) -> GovernError {
    GovernError {
        kind: Kind::Limit,
        message: format!("{message}; ask in parts"),
        spot,
    }
}

#[derive(Default)]
struct Measure {
    tokens: usize,
    /// Operators since the last sign that ends an expression, for each level of
    /// brackets.
    chains: Vec<usize>,
    words: [usize; WORDS.len()],
}

impl Measure {
    fn take(&mut self, token: &Token) -> Result<(), String> {
        if matches!(token, Token::Whitespace(_)) {
            return Ok(());
        }
        self.tokens += 1;
        if self.tokens > TOKENS {
            return Err(format!("the query has more than {TOKENS} words and signs"));
        }
        if self.chains.is_empty() {
            self.chains.push(0);
        }
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                self.chains.push(0);
                if self.chains.len() > 4 * DEPTH {
                    return Err("the query's brackets are nested too deeply".into());
                }
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                self.chains.pop();
            }
            Token::Comma | Token::SemiColon => self.end_chain(),
            Token::Word(word) => return self.word(word.keyword, &word.value),
            Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::Period
            | Token::Placeholder(_) => {}
            _ => return self.operator(),
        }
        Ok(())
    }

    fn word(&mut self, keyword: Keyword, name: &str) -> Result<(), String> {
        for ((word, called, most), count) in WORDS.iter().zip(&mut self.words) {
            if keyword == *word {
                *count += 1;
                if *count > *most {
                    return Err(format!("the query has more than {most} {called}"));
                }
            }
        }
        match keyword {
            Keyword::AND | Keyword::OR | Keyword::NOT | Keyword::LIKE | Keyword::IS => {
                self.operator()
            }
            Keyword::SELECT
            | Keyword::FROM
            | Keyword::WHERE
            | Keyword::HAVING
            | Keyword::ON
            | Keyword::WHEN
            | Keyword::THEN
            | Keyword::ELSE
            | Keyword::END => {
                self.end_chain();
                Ok(())
            }
            Keyword::NoKeyword if name.len() > NAME => {
                Err(format!("a name is longer than {NAME} characters"))
            }
            _ => Ok(()),
        }
    }

    fn operator(&mut self) -> Result<(), String> {
        let Some(chain) = self.chains.last_mut() else {
            return Ok(());
        };
        *chain += 1;
        match *chain > CHAIN {
            true => Err(format!(
                "more than {CHAIN} operators stand in a row; use `in (...)`"
            )),
            false => Ok(()),
        }
    }

    fn end_chain(&mut self) {
        if let Some(chain) = self.chains.last_mut() {
            *chain = 0;
        }
    }
}
