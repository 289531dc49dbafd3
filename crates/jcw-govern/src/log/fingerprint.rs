//! A fingerprint is the same for queries that differ only in their literals,
//! spaces, comments and the case of their words: a hash, from which no literal
//! can be read.

use super::row::hex;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use sha2::{Digest as _, Sha256};

/// What stands for SQL that cannot be taken apart: its hash would be one of its
/// literals too.
const UNREADABLE: &str = "unreadable";

/// The fingerprint of a query: 32 hex digits.
pub(super) fn fingerprint(sql: &str) -> String {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize() else {
        return UNREADABLE.to_owned();
    };
    let mut shape = Sha256::new();
    // `?, ?, ?` is `?`, whatever the length of the list.
    let mut is_literal = false;
    let mut comma = false;
    for token in tokens {
        let word = match token {
            Token::Whitespace(_) | Token::SemiColon | Token::EOF => continue,
            Token::Comma if is_literal && !comma => {
                comma = true;
                continue;
            }
            Token::Word(word) if word.quote_style.is_none() => word.value.to_lowercase(),
            token if is_value(&token) => {
                if !is_literal {
                    shape.update("? ");
                }
                (is_literal, comma) = (true, false);
                continue;
            }
            other => other.to_string(),
        };
        if std::mem::take(&mut comma) {
            shape.update(", ");
        }
        is_literal = false;
        shape.update(word);
        shape.update(" ");
    }
    let digest = shape.finalize();
    hex(digest.get(..16).unwrap_or_default())
}

fn is_value(token: &Token) -> bool {
    matches!(
        token,
        Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::TripleSingleQuotedString(_)
            | Token::TripleDoubleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::SingleQuotedByteStringLiteral(_)
            | Token::DoubleQuotedByteStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::SingleQuotedRawStringLiteral(_)
            | Token::DoubleQuotedRawStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::Placeholder(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_spaces_comments_and_case_make_no_difference_and_all_else_does() {
        let same = fingerprint("select a from t where n = 1 and s in ('x', 'y')");
        for sql in [
            "SELECT a\n  FROM t -- of Jo\n WHERE n = 943 /* 476 */ AND s IN ('z');",
            "select a from t where n = $1 and s in ('a', 'b', 'c', 'd')",
        ] {
            assert_eq!(fingerprint(sql), same, "{sql}");
        }
        for sql in [
            "select b from t where n = 1 and s in ('x')",
            "select a from t where n = 1",
            "select a, a from t where n = 1 and s in ('x')",
            "select \"A\" from t where n = 1 and s in ('x')",
        ] {
            assert_ne!(fingerprint(sql), same, "{sql}");
        }
        assert_ne!(fingerprint("select 1, a"), fingerprint("select 1 a"));
        assert_eq!(fingerprint("select 'no end"), UNREADABLE);
        assert_eq!(same.len(), 32);
    }
}
