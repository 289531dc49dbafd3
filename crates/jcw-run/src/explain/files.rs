//! The files behind a figure, and the rows of them that were kept back.

use crate::error::Error;
use crate::ledger::{Extract, Ledger, REJECT_TABLE};
use crate::views::collect;
use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::prelude::SessionContext;
use jcw_lake::Release;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A file, with those of its tables that stand behind a figure.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// One for each table.
    pub(super) loads: Vec<Extract>,
}

/// Rows of a file that broke a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rejected {
    pub(super) source: String,
    pub(super) file: String,
    pub(super) table: String,
    pub(super) rule: String,
    pub(super) rows: i64,
}

/// The files of a release from which these tables were loaded. Of a table whose
/// files each cover their own period, those of `period` alone.
pub(super) fn behind(
    release: &Release,
    ledger: &Ledger,
    tables: &[String],
    period: Option<&str>,
) -> Vec<File> {
    let released = release.contents.extracts.iter();
    let loads = released
        .filter(|extract| tables.contains(&extract.table))
        .filter_map(|released| {
            let loads = ledger.extracts().iter().rev();
            loads
                .filter(|e| e.status == "loaded" && e.source == released.source)
                .filter(|e| e.table_name == released.table)
                .find(|e| e.sha256.as_deref() == Some(released.sha256.as_str()))
                .cloned()
        });
    let loads: Vec<Extract> = loads.collect();
    let loads = match period {
        Some(period) => of_period(loads, period),
        None => loads,
    };
    let mut files: BTreeMap<(String, String, Option<String>), Vec<Extract>> = BTreeMap::new();
    for load in loads {
        let key = (load.source.clone(), load.file.clone(), load.sha256.clone());
        files.entry(key).or_default().push(load);
    }
    files.into_values().map(|loads| File { loads }).collect()
}

/// Leaves out files of other periods, where the files of a table each cover
/// their own.
fn of_period(files: Vec<Extract>, period: &str) -> Vec<Extract> {
    let covers = |file: &Extract| {
        file.period_texts()
            .iter()
            .any(|text| text.starts_with(period))
    };
    let narrowed: HashSet<String> = files
        .iter()
        .filter(|file| covers(file))
        .map(|file| file.table_name.clone())
        .collect();
    let is_kept = |file: &Extract| !narrowed.contains(&file.table_name) || covers(file);
    files.into_iter().filter(is_kept).collect()
}

/// How many rows of these files were kept back, by rule. No value is read.
pub(super) async fn rejected(
    context: &SessionContext,
    files: &[File],
) -> Result<Vec<Rejected>, Error> {
    let loads = files.iter().flat_map(|file| &file.loads);
    let loads = loads.filter(|load| load.rejected > 0);
    let marks: BTreeSet<(&str, &str)> = loads
        .filter_map(|load| Some((load.mark()?, load.table_name.as_str())))
        .collect();
    if marks.is_empty() || !context.table_exist(REJECT_TABLE)? {
        return Ok(Vec::new());
    }
    let tables: BTreeSet<String> = marks.iter().map(|(_, t)| format!("'{t}'")).collect();
    let tables: Vec<String> = tables.into_iter().collect();
    let sql = format!(
        "select source, file, table_name, rule, extract, count(*) as rows from
           (select distinct source, file, table_name, rule, extract, sheet, \"row\" from {REJECT_TABLE}
            where table_name in ({})) as kept_back
         group by source, file, table_name, rule, extract",
        tables.join(", ")
    );
    let found = collect(context.sql(&sql).await?).await?;
    let text = |nth: usize| -> Result<Vec<String>, Error> {
        let column = cast(found.column(nth), &DataType::Utf8)?;
        let column = column.as_string::<i32>().iter();
        Ok(column.map(|v| v.unwrap_or_default().to_owned()).collect())
    };
    let (sources, names) = (text(0)?, text(1)?);
    let (tables, rules, extracts) = (text(2)?, text(3)?, text(4)?);
    let counts = cast(found.column(5), &DataType::Int64)?;
    let counts = counts.as_primitive::<Int64Type>();
    let mut rejected: Vec<Rejected> = (0..found.num_rows())
        .filter(|row| marks.contains(&(extracts[*row].as_str(), tables[*row].as_str())))
        .map(|row| Rejected {
            source: sources[row].clone(),
            file: names[row].clone(),
            table: tables[row].clone(),
            rule: rules[row].clone(),
            rows: counts.value(row),
        })
        .collect();
    rejected.sort();
    Ok(rejected)
}
