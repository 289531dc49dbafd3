//! A definition is what a metric meant when a release was made: read from the
//! release, because the project may say something else by now.

use crate::error::Error;
use crate::views::collect;
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::functions::expr_fn::lower;
use datafusion::prelude::{SessionContext, col, lit};
use jcw_model::METRIC_DEFINITION;
use std::fmt;

/// What a metric meant.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    /// Metric id, as it is written in the release.
    pub(crate) id: String,
    name: String,
    version: String,
    question: String,
    /// Label and text.
    lines: Vec<(&'static str, String)>,
    /// What is counted, over what; one for each part.
    counted: Vec<String>,
}

impl Definition {
    /// The definition of the metric `id`, in any case of letters.
    pub(crate) async fn read(context: &SessionContext, id: &str) -> Result<Self, Error> {
        let definitions = context.table(METRIC_DEFINITION).await?;
        let found = definitions
            .clone()
            .filter(lower(col("metric_id")).eq(lit(id.to_lowercase())))?
            .sort(vec![col("part").sort(true, false)])?;
        let rows = collect(found).await?;
        if rows.num_rows() == 0 {
            let known = collect(definitions.select_columns(&["metric_id"])?).await?;
            let known = cast(known.column(0), &DataType::Utf8)?;
            let hint = jcw_project::did_you_mean(id, known.as_string::<i32>().iter().flatten())
                .map(|near| format!("; did you mean {near}?"))
                .unwrap_or_default();
            return Err(Error::Usage(format!(
                "there is no metric {id}{hint} (`jcw explain` lists them)"
            )));
        }
        let text = |name: &str, row: usize| -> Result<String, Error> {
            let Some(column) = rows.column_by_name(name) else {
                return Ok(String::new());
            };
            let column = cast(column, &DataType::Utf8)?;
            let column = column.as_string::<i32>();
            Ok(if column.is_null(row) {
                String::new()
            } else {
                column.value(row).to_owned()
            })
        };
        let mut lines = Vec::new();
        for label in [
            "definition",
            "cohort",
            "source",
            "comparator",
            "owner",
            "caveats",
        ] {
            lines.push((label, text(label, 0)?));
        }
        let mut counted = Vec::new();
        for row in 0..rows.num_rows() {
            let (part, numerator, denominator) = (
                text("part_name", row)?,
                text("numerator", row)?,
                text("denominator", row)?,
            );
            let over = if denominator.is_empty() {
                String::new()
            } else {
                format!("  /  {denominator}")
            };
            counted.push(format!("{part}: {numerator}{over}"));
        }
        Ok(Definition {
            id: text("metric_id", 0)?,
            name: text("name", 0)?,
            version: text("version", 0)?,
            question: text("question", 0)?,
            lines,
            counted,
        })
    }
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} (version {})", self.id, self.name, self.version)?;
        writeln!(f, "  {}\n", self.question)?;
        for (label, text) in self.lines.iter().filter(|(_, text)| !text.is_empty()) {
            writeln!(
                f,
                "  {label:<11} {}",
                text.replace('\n', "\n              ")
            )?;
        }
        for part in &self.counted {
            writeln!(f, "  counted     {part}")?;
        }
        Ok(())
    }
}
