//! Placeholders are where a text of SQL wants a value: `$1`. [`with`] writes some of them
//! anew, and leaves every other sign of the text as it is.

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// Where lines of a text begin.
pub(crate) struct Places {
    /// Bytes and characters before each line.
    lines: Vec<(usize, usize)>,
}

impl Places {
    pub(crate) fn of(text: &str) -> Places {
        let mut lines = vec![(0, 0)];
        let (mut bytes, mut characters) = (0, 0);
        for line in text.split_inclusive('\n') {
            bytes += line.len();
            characters += line.chars().count();
            lines.push((bytes, characters));
        }
        Places { lines }
    }

    /// Bytes and characters before a place.
    pub(crate) fn before(&self, text: &str, at: Location) -> (usize, usize) {
        let line = usize::try_from(at.line).unwrap_or(1).saturating_sub(1);
        let column = usize::try_from(at.column).unwrap_or(1).saturating_sub(1);
        let (bytes, characters) = self.lines.get(line).copied().unwrap_or((text.len(), 0));
        let rest = text.get(bytes..).unwrap_or_default();
        let within: usize = rest.chars().take(column).map(char::len_utf8).sum();
        (bytes + within, characters + column)
    }
}

/// The index of `$1` (0) and the others.
pub(crate) fn index(token: &Token) -> Option<usize> {
    let Token::Placeholder(name) = token else {
        return None;
    };
    let number: Option<usize> = name.trim_start_matches('$').parse().ok();
    number?.checked_sub(1)
}

/// The SQL with the parameters of these numbers as something else.
pub(crate) fn with(
    sql: &str,
    parameters: &[usize],
    other: &dyn Fn(usize, &str) -> String,
) -> String {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location() else {
        return sql.to_owned();
    };
    // Only parameters are written anew, the last one first: what a token says of itself
    // has lost its quotation marks, and somebody's text would become SQL.
    let (mut text, places) = (sql.to_owned(), Places::of(sql));
    for TokenWithSpan { token, span } in tokens.iter().rev() {
        if let Token::Placeholder(name) = token
            && let Some(index) = index(token)
            && parameters.contains(&index)
        {
            let [start, end] = [span.start, span.end].map(|place| places.before(sql, place).0);
            text.replace_range(start..end, &other(index, name));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parameters_of_an_open_type_are_cast() {
        let sql = "select $1, '$1', $2 -- $1";
        let text = with(sql, &[0], &|_, text| format!("CAST({text} AS TEXT)"));
        assert_eq!(text, "select CAST($1 AS TEXT), '$1', $2 -- $1");
        let sql = "select 'x'' or ''1''=''1', \"a\"\"b\", E'\\' $1 --', $$'$1$$, 'é'\r\n, $10, $1";
        let text = with(sql, &[0, 9], &|index, _| format!("<{index}>"));
        assert_eq!(
            text,
            "select 'x'' or ''1''=''1', \"a\"\"b\", E'\\' $1 --', $$'$1$$, 'é'\r\n, <9>, <0>"
        );
    }
}
