//! A definition that counts otherwise is another version. What the current
//! release says is the measure: as long as nothing was published, a definition
//! may change freely.
//!
//! Only what decides figures counts: units, models, SQL, periods, topics. Words
//! for readers (question, caveats, names, the definition in prose) may be mended
//! under the same version; the release before keeps its own words all the same.

use super::Definitions;
use crate::error::Error;
use crate::views;
use jcw_lake::Lake;
use jcw_model::METRIC_DEFINITION;
use jcw_project::{Diagnostic, Metric, Project};

/// Metrics whose definition is not that of the current release though the
/// version is, and those whose version went back.
pub async fn changed_without_a_version(
    project: &Project,
    lake: &Lake,
) -> Result<Vec<Diagnostic>, Error> {
    let Some(release) = lake.current_release().await? else {
        return Ok(Vec::new());
    };
    if !release.contents.tables.contains_key(METRIC_DEFINITION) {
        return Ok(Vec::new());
    }
    let context = views::session_of(lake, &release).await?;
    let released = Definitions::read(&context).await?;
    let metrics = project.metrics.iter();
    Ok(metrics
        .filter_map(|metric| changed(metric, &released))
        .collect())
}

fn changed(metric: &Metric, released: &Definitions) -> Option<Diagnostic> {
    let before = released.find(&metric.id).ok()?;
    let (hash, version) = (before.word("counted_hash"), before.word("version"));
    let version: u32 = version.parse().ok()?;
    let (id, now) = (&metric.id.value, metric.version.value);
    let problem = |message: String, hint: String| {
        Some(Diagnostic::error(metric.version.place.clone(), message).hint(hint))
    };
    if now < version {
        return problem(
            format!("the current release has version {version} of {id}, and this is version {now}"),
            format!(
                "write `version: {}` and an entry under `changes`",
                version + 1
            ),
        );
    }
    // A release of an earlier program does not say.
    if now == version && !hash.is_empty() && hash != metric.counted_hash {
        return problem(
            format!("the definition of {id} has changed and its version has not"),
            format!("write `version: {}` and an entry under `changes`", now + 1),
        );
    }
    None
}
