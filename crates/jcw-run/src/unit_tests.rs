//! Unit tests are run without a lake: made-up rows, and the seeds that are part
//! of the project.

use crate::error::Error;
use crate::seeds;
use jcw_model::{SeedRows, UnitReport};
use jcw_project::Project;
use std::collections::BTreeMap;

/// Runs the unit tests of the tables and metrics that `words` select, as
/// [`jcw_model::Plan::select`] takes them; all of them when there are none.
/// `saw` is told of each file of tests as soon as it has been run.
///
/// # Errors
/// When the project is not right, a word selects nothing, a seed cannot be
/// read, or the engine refuses its settings. A test that fails is no error.
pub async fn unit_tests(
    project: &Project,
    words: &[String],
    saw: &(dyn Fn(&UnitReport) + Sync),
) -> Result<Vec<UnitReport>, Error> {
    let plan = crate::plan(project)?;
    let mut seeds: BTreeMap<String, SeedRows> = BTreeMap::new();
    let mut reports = Vec::new();
    for tests in jcw_model::select_unit_tests(&plan, project, words)? {
        for name in jcw_model::seeds_of(&plan, tests) {
            let seed = project.seeds.iter().find(|seed| seed.name == name);
            if let (Some(seed), false) = (seed, seeds.contains_key(&name)) {
                seeds.insert(name, seeds::read(seed)?);
            }
        }
        let report = jcw_model::run_unit_tests(&plan, tests, &seeds).await?;
        saw(&report);
        reports.push(report);
    }
    Ok(reports)
}
