//! A tree is a lineage drawn for a person: under each table or column what it
//! is made from, down to the partners' tables.

use crate::lineage::LineageError;
use crate::plan::Plan;
use crate::trace::How;
use jcw_project::Project;
use std::collections::BTreeSet;
use std::fmt;

/// A lineage to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Depth, and what stands there.
    lines: Vec<(usize, String)>,
}

/// The lineage of a table, `published.metric_comparison`, or of a column,
/// `published.metric_comparison.value`.
///
/// # Errors
/// When the project does not plan, or has no such table or column.
pub fn lineage(project: &Project, name: &str) -> Result<Tree, LineageError> {
    let plan = Plan::new(project).map_err(|_| LineageError::NotPlanned)?;
    let (table, column) = match name.match_indices('.').nth(1) {
        Some((at, _)) => (&name[..at], Some(&name[at + 1..])),
        None => (name, None),
    };
    plan.lineage(table, column)?;
    let mut tree = Growing {
        plan: &plan,
        seen: BTreeSet::new(),
        lines: Vec::new(),
    };
    match column {
        Some(column) => tree.column(table, column, None, 0),
        None => tree.table(table, 0),
    }
    Ok(Tree { lines: tree.lines })
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, words) in &self.lines {
            writeln!(f, "{:indent$}{words}", "", indent = depth * 2)?;
        }
        Ok(())
    }
}

struct Growing<'p> {
    plan: &'p Plan,
    seen: BTreeSet<String>,
    lines: Vec<(usize, String)>,
}

impl Growing<'_> {
    fn table(&mut self, table: &str, depth: usize) {
        let Some(node) = self.plan.node(table) else {
            let kind = if table.starts_with("seed.") {
                "seed"
            } else {
                "source table"
            };
            self.lines.push((depth, format!("{table}  ({kind})")));
            return;
        };
        if self.is_again(table.to_owned(), !node.reads.is_empty(), depth) {
            return;
        }
        for read in &node.reads {
            self.table(read, depth + 1);
        }
    }

    fn column(&mut self, table: &str, column: &str, how: Option<How>, depth: usize) {
        let name = match how {
            None | Some(How::Copied) => format!("{table}.{column}"),
            Some(How::Derived) => format!("{table}.{column}  (in an expression)"),
            Some(How::Counted) => format!("{table}.{column}  (counted, tested or grouped by)"),
        };
        let above = self.plan.made_from(table, column);
        if self.is_again(name, !above.is_empty(), depth) {
            return;
        }
        for origin in above {
            self.column(&origin.table, &origin.column, Some(origin.how), depth + 1);
        }
    }

    /// Writes a line; one whose branch stands further up is not drawn again.
    fn is_again(&mut self, name: String, has_branch: bool, depth: usize) -> bool {
        let again = has_branch && !self.seen.insert(name.clone());
        let mark = if again { "  ..." } else { "" };
        self.lines.push((depth, format!("{name}{mark}")));
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Files;

    fn project() -> Project {
        Files::new()
            .with_request_models()
            .metric("E03", "numerator: refused\ndenominator: received\n")
            .project()
    }

    #[test]
    fn a_column_is_followed_to_the_partners_table() {
        assert_eq!(
            lineage(&project(), "published.metric_value.value")
                .unwrap()
                .to_string(),
            "published.metric_value.value
  metrics.request.received  (in an expression)
    staging.request.received
      council.requests.received
  metrics.request.refused  (in an expression)
    staging.request.refused
      council.requests.refused
"
        );
    }

    #[test]
    fn a_table_is_followed_to_the_partners_table() {
        assert_eq!(
            lineage(&project(), "metrics.request").unwrap().to_string(),
            "metrics.request\n  staging.request\n    council.requests  (source table)\n"
        );
    }

    #[test]
    fn a_name_that_is_not_there_is_told_what_is_near() {
        let said = |name: &str| lineage(&project(), name).unwrap_err().to_string();
        assert!(said("metrics.requst").contains("did you mean \"metrics.request\"?"));
        assert!(said("metrics.request.refusd").contains("did you mean \"refused\"?"));
    }
}
