//! A report tells a partner what became of what they sent: what arrived in a
//! run, which rows could not be loaded and by which rule, what was odd, how this
//! compares with before, and whether something is late.
//!
//! There is one for each source, as a page to read (`.html`) and as a table to
//! work with (`.csv`). It is written to be sent to the partner, so it names a
//! row by where it stood and by the partner's own identifiers (`row_id` in the
//! contract) and holds no other value of any row.

mod csv;
mod delivery;
mod gather;
mod html;
mod reject;
mod text;
mod timing;

use crate::Error;
use crate::outcome::Outcome;
use jcw_lake::Lake;
use jcw_project::Project;

/// Writes a report for every source of which something arrived in the run, or
/// which is late while others arrived, to `reports/<run>/<partner>/` of the
/// vault: they name rows by the partner's own numbers. Gives the names of the
/// pages there.
pub(crate) async fn write(
    project: &Project,
    lake: &Lake,
    outcome: &Outcome,
) -> Result<Vec<String>, Error> {
    let (vault, mut pages) = (lake.vault()?, Vec::new());
    for report in gather::reports(project, lake, outcome).await? {
        let partner = report.partner.as_str();
        let name = report.source.rsplit('/').next().unwrap_or_default();
        let put = async |extension: &str, bytes: Vec<u8>| {
            let file = format!("{name}.{extension}");
            vault
                .put_report(&[&outcome.run_id, partner, &file], bytes)
                .await
        };
        put("csv", csv::table(&report)?).await?;
        pages.push(put("html", html::page(&report).into_bytes()).await?);
    }
    Ok(pages)
}

/// The same for a terminal, as a page and as a table, one for each source.
pub(crate) async fn write_out(
    project: &Project,
    lake: &Lake,
    outcome: &Outcome,
) -> Result<Vec<(String, String, Vec<u8>)>, Error> {
    let reports = gather::reports(project, lake, outcome).await?;
    reports
        .iter()
        .map(|report| Ok((text::lines(report), html::page(report), csv::table(report)?)))
        .collect()
}

#[cfg(test)]
mod tests;
