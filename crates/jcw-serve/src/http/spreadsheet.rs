//! What a spreadsheet takes for a formula: text that begins with `=`, `+`, `-`,
//! `@`, tab or a new line, also after spaces, which some take away first, or in the
//! wide form that some write for East Asian text. Somebody who can put such text into
//! a source could make the reader's spreadsheet do things. An apostrophe before it
//! makes it text again.
//!
//! CSV is written so unless a program says that it wants the text as it is: people
//! open it in Excel without knowing that there is a choice, and programs have
//! formats in which text is text. A lone sign and a number with one are left as
//! they are, because publishers write them in place of values and no spreadsheet
//! does more with them than show them.

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::borrow::Cow;
use std::sync::Arc;

/// Signs with which a formula begins.
const SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The same text, which no spreadsheet computes.
pub(super) fn safe(text: &str) -> Cow<'_, str> {
    let begins = text.trim_start_matches([' ', '\u{a0}', '\u{3000}']);
    match begins.starts_with(SIGNS) && !is_harmless(begins) {
        true => format!("'{text}").into(),
        false => text.into(),
    }
}

/// `-`, `-5`, `+1.25`.
fn is_harmless(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['-', '+']) else {
        return false;
    };
    let mut parts = rest.splitn(2, '.');
    parts.all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The same columns, with names that no spreadsheet computes.
pub(super) fn safe_schema(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        Field::new(
            safe(field.name()),
            field.data_type().clone(),
            field.is_nullable(),
        )
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The same rows, with text that no spreadsheet computes. Numbers stay numbers,
/// negative ones too.
pub(super) fn safe_batch(
    schema: &SchemaRef,
    batch: &RecordBatch,
) -> Result<RecordBatch, ArrowError> {
    let columns = batch
        .columns()
        .iter()
        .map(|column| match column.data_type() {
            DataType::Utf8 => {
                let texts = column.as_string::<i32>().iter();
                let texts: StringArray = texts.map(|text| text.map(safe)).collect();
                Arc::new(texts) as ArrayRef
            }
            _ => Arc::clone(column),
        });
    RecordBatch::try_new(schema.clone(), columns.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_be_computed_is_not() {
        for formula in [
            "=1+1",
            "=",
            "+1+1",
            "-A1",
            "-1e3",
            "--1",
            "-1.2.3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\u{a0}@A1",
            "＝1",
            " ＋A1",
        ] {
            assert_eq!(safe(formula), format!("'{formula}"));
        }
        for text in [
            "Southend", "1-2", "'=1", "", " 1", " -5", "-", "-5", "+1.25",
        ] {
            assert_eq!(safe(text), text);
        }
    }
}
