//! Seeds are read like extracts, through their own contracts, with one
//! difference: they are part of the project, so a row that breaks a rule is a
//! mistake in the project and stops the run.

use crate::error::Error;
use jcw_contract::{Checker, Delivery, Keys, References};
use jcw_model::SeedRows;
use jcw_project::{Limits, Project, Seed};
use std::collections::BTreeMap;

/// Every seed of the project, typed.
pub(crate) fn read_all(project: &Project) -> Result<BTreeMap<String, SeedRows>, Error> {
    project
        .seeds
        .iter()
        .map(|seed| Ok((seed.name.clone(), read(seed)?)))
        .collect()
}

pub(crate) fn read(seed: &Seed) -> Result<SeedRows, Error> {
    let broken = |reason: String| Error::Seed {
        name: seed.name.clone(),
        reason,
    };
    let file = seed.path.file_name().unwrap_or_default().to_string_lossy();
    let mut reader = jcw_extract::open(&seed.contract, &Limits::default(), &file, &seed.path)
        .map_err(|error| broken(error.to_string()))?;
    let checker = Checker::compile(&seed.contract, References::new())?;
    let delivery = Delivery {
        source: &seed.name,
        run: "",
        table: &seed.name,
        extract: &seed.hash,
        file: &file,
        sheet: None,
    };
    let mut batches = Vec::new();
    while let Some(piece) = reader.next_piece() {
        let rows = piece
            .and_then(jcw_extract::Piece::into_rows)
            .map_err(|error| broken(error.to_string()))?;
        if let Some(bad) = rows.malformed.first() {
            return Err(broken(format!("line {}: {}", bad.row, bad.reason)));
        }
        let binding = checker
            .bind_schema(&rows.batch.schema())
            .map_err(|faults| {
                broken(
                    faults
                        .iter()
                        .map(|fault| fault.message.as_str())
                        .collect::<Vec<_>>()
                        .join("; "),
                )
            })?;
        let checked = checker.check(&binding, &rows.batch, &delivery, Keys::Ignore)?;
        if checked.rejected_rows > 0 {
            let told: Vec<_> = checked
                .counts
                .iter()
                .map(|count| {
                    format!(
                        "line {}: {} (rule {})",
                        count.first_row, count.reason, count.rule
                    )
                })
                .collect();
            return Err(broken(told.join("; ")));
        }
        batches.push(checked.accepted);
    }
    reader.finish().map_err(|error| broken(error.to_string()))?;
    Ok(SeedRows {
        hash: crate::publish::seed_hash(seed),
        batches,
    })
}
