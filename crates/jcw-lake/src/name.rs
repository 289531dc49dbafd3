//! A [`TableName`] is a schema and a table, `council.dfe_requests`, and so also
//! a folder under `tables/`.

use crate::error::{LakeError, Result};
use object_store::path::Path;

/// Two words of a-z, 0-9 and `_`, joined by a dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TableName {
    schema: String,
    table: String,
}

impl TableName {
    pub(crate) fn parse(name: &str) -> Result<TableName> {
        let is_word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        match name.split_once('.') {
            Some((schema, table)) if is_word(schema) && is_word(table) => Ok(TableName {
                schema: schema.to_owned(),
                table: table.to_owned(),
            }),
            _ => Err(LakeError::Name(name.to_owned())),
        }
    }

    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }

    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// Where the table's files are, from the root of the lake.
    pub(crate) fn location(&self) -> Path {
        Path::from_iter(["tables", &self.schema, &self.table])
    }
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_two_plain_words_and_never_a_way_out_of_the_lake() {
        assert_eq!(
            TableName::parse("council.dfe_requests")
                .unwrap()
                .to_string(),
            "council.dfe_requests"
        );
        for wrong in [
            "", "a", "a.", ".b", "a.b.c", "A.b", "a/b.c", "..", "a.b c", "a.\u{e9}",
        ] {
            assert!(
                matches!(TableName::parse(wrong), Err(LakeError::Name(_))),
                "{wrong}"
            );
        }
    }
}
