//! A definition is what a metric means: its question, who is counted, what is
//! divided by what, and how it came to be so. A release keeps the definitions
//! that it was made with, so that what a figure meant can be read when the
//! project says something else.

mod page;
mod version;

use crate::error::Error;
use crate::views::{self, collect};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches, filter_record_batch};
use arrow::datatypes::DataType;
use datafusion::prelude::{SessionContext, col};
use jcw_lake::Lake;
use jcw_model::METRIC_DEFINITION;
use jcw_project::{Basis, Project};
use std::collections::BTreeMap;
use std::sync::Arc;

pub use version::changed_without_a_version;

/// The definitions of a project, or of a release.
#[derive(Debug, Clone)]
pub struct Definitions {
    rows: RecordBatch,
}

/// What one metric means.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its id, as it is written.
    pub(crate) id: String,
    /// By column of `published.metric_definition`; the same for every part.
    words: BTreeMap<String, String>,
    /// What is counted, by part, published ones first.
    pub(crate) parts: Vec<Part>,
}

/// One part of a metric on one basis.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) basis: Basis,
    words: BTreeMap<String, String>,
}

impl Definitions {
    /// As the project's files say it now.
    pub fn of_project(project: &Project) -> Result<Definitions, Error> {
        let rows = jcw_model::definitions(&project.metrics)?;
        Ok(Definitions { rows })
    }

    /// As a release keeps them; the current one unless said.
    pub async fn of_release(lake: &Lake, release: Option<&str>) -> Result<Definitions, Error> {
        let release = views::find(lake, release).await?;
        Definitions::read(&views::session_of(lake, &release).await?).await
    }

    pub(crate) async fn read(context: &SessionContext) -> Result<Definitions, Error> {
        let table = context.table(METRIC_DEFINITION).await?;
        let mut order = vec![col("metric_id").sort(true, false)];
        if table.schema().has_column_with_unqualified_name("basis") {
            // Published before person_level.
            order.push(col("basis").sort(false, false));
        }
        let rows = collect(table.sort(order)?).await?;
        Ok(Definitions { rows })
    }

    /// One row for each metric: id, name, question, unit, polarity, basis,
    /// design, version, owner.
    pub fn list(&self) -> Result<RecordBatch, Error> {
        let metrics: Vec<Definition> = self.all();
        let text = |value: &dyn Fn(&Definition) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(metrics.iter().map(value)))
        };
        Ok(RecordBatch::try_from_iter([
            ("id", text(&|m| m.id.clone())),
            ("name", text(&|m| m.word("name").to_owned())),
            ("question", text(&|m| m.word("question").to_owned())),
            ("unit", text(&|m| m.each_part("unit"))),
            ("polarity", text(&|m| m.word("polarity").to_owned())),
            ("basis", text(&|m| m.each_part("basis"))),
            ("design", text(&|m| m.word("design").to_owned())),
            ("version", text(&|m| m.word("version").to_owned())),
            ("owner", text(&|m| m.word("owner").to_owned())),
        ])?)
    }

    /// The definition of the metric `id`, in any case of letters.
    pub fn find(&self, id: &str) -> Result<Definition, Error> {
        let found = self
            .all()
            .into_iter()
            .find(|m| m.id.eq_ignore_ascii_case(id));
        found.ok_or_else(|| self.unknown(id))
    }

    /// The rows of `published.metric_definition` about the metric `id`.
    pub fn rows(&self, id: &str) -> Result<RecordBatch, Error> {
        let ids = self.column("metric_id");
        let is_meant = ids.iter().map(|known| Some(known.eq_ignore_ascii_case(id)));
        let rows = filter_record_batch(&self.rows, &is_meant.collect())?;
        match rows.num_rows() {
            0 => Err(self.unknown(id)),
            _ => Ok(concat_batches(&rows.schema(), [&rows])?),
        }
    }

    fn unknown(&self, id: &str) -> Error {
        let hint = jcw_project::did_you_mean(id, self.column("metric_id"))
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        Error::Usage(format!(
            "there is no metric {id}{hint} (`jcw metrics` lists them)"
        ))
    }

    fn all(&self) -> Vec<Definition> {
        let ids = self.column("metric_id");
        let mut all: Vec<Definition> = Vec::new();
        for (row, id) in ids.into_iter().enumerate() {
            let words = self.words(row);
            let part = Part {
                basis: match words.get("basis").map(String::as_str) {
                    Some("person_level") => Basis::PersonLevel,
                    _ => Basis::Published,
                },
                words: words.clone(),
            };
            match all.last_mut().filter(|last| last.id == id) {
                Some(metric) => metric.parts.push(part),
                None => all.push(Definition {
                    id,
                    words,
                    parts: vec![part],
                }),
            }
        }
        all
    }

    /// What a row says, as text; nulls are left out.
    fn words(&self, row: usize) -> BTreeMap<String, String> {
        let schema = self.rows.schema();
        let fields = schema.fields().iter().zip(self.rows.columns());
        let texts = fields.filter_map(|(field, values)| {
            let values = cast(values, &DataType::Utf8).ok()?;
            let values = values.as_string::<i32>();
            let is_there = !values.is_null(row);
            is_there.then(|| (field.name().clone(), values.value(row).to_owned()))
        });
        texts.collect()
    }

    fn column(&self, name: &str) -> Vec<String> {
        let column = self.rows.column_by_name(name);
        let texts = column.and_then(|values| cast(values, &DataType::Utf8).ok());
        let texts = texts
            .iter()
            .flat_map(|values| values.as_string::<i32>().iter());
        texts
            .map(|text| text.unwrap_or_default().to_owned())
            .collect()
    }
}

impl Definition {
    pub(crate) fn word(&self, column: &str) -> &str {
        self.words.get(column).map_or("", String::as_str)
    }

    /// What the parts say, each once.
    fn each_part(&self, column: &str) -> String {
        let mut words: Vec<&str> = Vec::new();
        for part in &self.parts {
            let word = part.word(column);
            if !word.is_empty() && !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(", ")
    }

    /// The parts on one basis.
    pub(crate) fn on(&self, basis: Basis) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.basis == basis)
    }
}

impl Part {
    pub(crate) fn word(&self, column: &str) -> &str {
        self.words.get(column).map_or("", String::as_str)
    }

    /// Why somebody of the cohort is left out: id, words, SQL.
    pub(crate) fn exclusions(&self) -> Vec<(String, String, String)> {
        let all: Vec<serde_json::Value> =
            serde_json::from_str(self.word("exclusions")).unwrap_or_default();
        let text =
            |one: &serde_json::Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        all.iter()
            .map(|one| (text(one, "id"), text(one, "what"), text(one, "sql")))
            .collect()
    }

    /// The SQL of the words of a topic.
    pub(crate) fn topic(&self, topic: &str) -> Option<String> {
        let all: Vec<(String, String)> = serde_json::from_str(self.word("topics")).ok()?;
        all.into_iter()
            .find(|(name, _)| name == topic)
            .map(|(_, sql)| sql)
    }
}
