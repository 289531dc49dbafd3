//! The page is what a commissioner reads first: the few figures of a release
//! that matter, each with its question, its definition, what one must know
//! before relying on it, how many rows were kept back, and what changed. It is
//! one file that needs nothing beside itself, and it prints.
//!
//! A count below the area as a whole of one to four children is not shown, nor
//! what could be worked out from it.

mod ask;
mod chart;
mod html;
mod section;
mod sections;

use crate::error::Error;
use ask::Asker;
use jcw_lake::Lake;
use jcw_project::Project;
use section::Section;

/// The page and what it says in a few lines.
#[derive(Debug, Clone)]
pub struct Page {
    /// The whole page.
    pub html: String,
    /// The lines that matter most, for a terminal.
    pub lines: Vec<String>,
}

/// The page of the newest release. `remark` stands at its top, and says for
/// instance that every figure is made up.
///
/// # Errors
/// When the project is not right or there is no release. A figure that is not
/// in the release is said to be missing.
pub async fn page(project: &Project, lake: &Lake, remark: &str) -> Result<Page, Error> {
    let plan = crate::plan(project)?;
    let release = lake.current_release().await?.ok_or_else(|| {
        Error::Usage("nothing has been published yet; `jcw run` publishes".to_owned())
    })?;
    let asker = Asker {
        project,
        plan: &plan,
        lake,
        area: project.warehouse.home_area.as_deref().unwrap_or_default(),
    };
    let sections: Vec<Section> = vec![
        sections::requests(&asker).await,
        sections::timeliness(&asker).await,
        sections::forecast(&asker).await,
        sections::advice(&asker).await,
        sections::section_g(&asker).await,
        sections::therapy(&asker).await,
        sections::money(&asker).await,
        sections::promises(&asker).await,
        sections::rows_received(&asker).await,
    ];
    Ok(Page {
        html: html::page(&project.warehouse.name, remark, &release.id, &sections),
        lines: (sections.iter())
            .filter_map(|section| section.line.clone())
            .collect(),
    })
}
