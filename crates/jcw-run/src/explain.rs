//! An explanation follows a figure back: its definition, who was counted and
//! who was left out, the models it was built by, the files those were built
//! from, and the rows of them that were kept back and could have moved it.
//!
//! All of it is as it was when the release was published, from what the release
//! keeps. Where something of then is not held any more, it says so.

mod behind;
mod cohort;
mod figure;
mod files;
mod page;

use crate::definition::{Definition, Definitions};
use crate::error::Error;
use crate::ledger::{EXTRACT_TABLE, Ledger};
use crate::views;
use behind::Behind;
use cohort::Cohort;
use datafusion::prelude::SessionContext;
use figure::Figure;
use files::{File, Rejected};
use jcw_lake::{Lake, Release};
use jcw_project::{Basis, Project};

/// Which figure. What is left out is chosen: the home area, the newest period,
/// the total, every basis.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// Metric id.
    pub metric: String,
    /// ONS or organisation code.
    pub area: Option<String>,
    /// Such as `2024`.
    pub period: Option<String>,
    /// Such as `Male`.
    pub breakdown: Option<String>,
    /// What is published, or what is counted from our own rows.
    pub basis: Option<Basis>,
    /// Release id.
    pub release: Option<String>,
}

/// Where a figure comes from; printed by `Display`.
#[derive(Debug, Clone)]
pub struct Explanation {
    definition: Definition,
    release: Release,
    /// What the project's files say otherwise today, or what is not held of then.
    remarks: Vec<String>,
    sides: Vec<Side>,
}

/// A figure on one basis.
#[derive(Debug, Clone)]
struct Side {
    basis: Basis,
    figures: Vec<Figure>,
    /// Who was counted, for a figure from our own rows.
    cohort: Option<Cohort>,
    behind: Behind,
    files: Vec<File>,
    rejected: Vec<Rejected>,
}

/// Explains a figure of a release.
pub async fn explain(project: &Project, lake: &Lake, cell: &Cell) -> Result<Explanation, Error> {
    let release = views::find(lake, cell.release.as_deref()).await?;
    let context = views::session_as_of(lake, &release).await?;
    let definition = Definitions::read(&context).await?.find(&cell.metric)?;
    let noted = release.contents.ledger.get(EXTRACT_TABLE).copied();
    let ledger = Ledger::read_at(lake, noted).await?;
    let mut sides = Vec::new();
    for basis in [Basis::Published, Basis::PersonLevel] {
        let is_asked = cell.basis.is_none_or(|asked| asked == basis);
        if !is_asked || definition.on(basis).next().is_none() {
            continue;
        }
        let figures = figure::choose(project, &context, &definition.id, basis, cell).await?;
        let Some(figure) = figures.first() else {
            continue;
        };
        let cohort = cohort_of(&context, &definition, basis, figure).await?;
        let behind = Behind::of(project, &release, &definition, basis)?;
        let period = (basis == Basis::Published).then_some(figure.period.as_str());
        let files = files::behind(&release, &ledger, &behind.sources, period);
        sides.push(Side {
            basis,
            rejected: files::rejected(&context, &files).await?,
            behind,
            files,
            cohort,
            figures,
        });
    }
    if sides.is_empty() {
        return Err(Error::Usage(format!(
            "the release has no such figure of {id}; `jcw query \"select distinct basis, area_code, period, breakdown from published.metric_value where metric_id = '{id}'\"` lists those it has",
            id = definition.id
        )));
    }
    Ok(Explanation {
        remarks: behind::remarks(project, &release, &definition),
        definition,
        release,
        sides,
    })
}

async fn cohort_of(
    context: &SessionContext,
    definition: &Definition,
    basis: Basis,
    figure: &Figure,
) -> Result<Option<Cohort>, Error> {
    match (basis, definition.on(basis).next()) {
        (Basis::PersonLevel, Some(part)) => Ok(Some(Cohort::count(context, part, figure).await?)),
        _ => Ok(None),
    }
}
