//! The graph is which table must be there before which. Its order is the order
//! of a build; a circle in it is an error that names the whole circle.

use crate::plan::Draft;
use crate::plan::Of;
use crate::problem::Text;
use jcw_project::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};

/// Drafts in an order in which each stands after all it needs. Those in a
/// circle, and those that need one in a circle, are left out; each circle is
/// reported once.
pub(crate) fn order<'d, 'p>(
    drafts: &'d [Draft<'p>],
    problems: &mut Vec<Diagnostic>,
) -> Vec<&'d Draft<'p>> {
    let by_name: BTreeMap<&str, &Draft<'p>> = drafts
        .iter()
        .map(|draft| (draft.name.as_str(), draft))
        .collect();
    let mut walk = Walk {
        by_name: &by_name,
        done: BTreeSet::new(),
        stuck: BTreeSet::new(),
        path: Vec::new(),
        order: Vec::new(),
        problems,
    };
    for draft in drafts {
        walk.visit(draft);
    }
    walk.order
}

struct Walk<'w, 'd, 'p> {
    by_name: &'w BTreeMap<&'d str, &'d Draft<'p>>,
    done: BTreeSet<&'d str>,
    /// In a circle, or downstream of one.
    stuck: BTreeSet<&'d str>,
    path: Vec<&'d str>,
    order: Vec<&'d Draft<'p>>,
    problems: &'w mut Vec<Diagnostic>,
}

impl<'d, 'p> Walk<'_, 'd, 'p> {
    /// Whether `draft` and all it needs could be put in order.
    fn visit(&mut self, draft: &'d Draft<'p>) -> bool {
        let name = draft.name.as_str();
        if self.done.contains(name) {
            return true;
        }
        if self.stuck.contains(name) {
            return false;
        }
        if let Some(start) = self.path.iter().position(|on_path| *on_path == name) {
            self.report(start);
            return false;
        }
        self.path.push(name);
        let mut clear = true;
        for need in &draft.needs {
            if let Some(need) = self.by_name.get(need.as_str()) {
                clear &= self.visit(need);
            }
        }
        self.path.pop();
        match clear {
            true => {
                self.done.insert(name);
                self.order.push(draft);
            }
            false => {
                self.stuck.insert(name);
            }
        }
        clear
    }

    /// The circle is the part of the path from `start` on.
    fn report(&mut self, start: usize) {
        let circle = &self.path[start..];
        let Some(draft) = circle.last().and_then(|name| self.by_name.get(name)) else {
            return;
        };
        let Of::Model(model, _) = &draft.of else {
            return;
        };
        let first = circle[0];
        let span = draft
            .reads
            .iter()
            .find(|read| read.table == first)
            .and_then(|read| read.span);
        let names: Vec<&str> = circle.iter().copied().chain([first]).collect();
        let message = match circle.len() {
            1 => format!("{first} reads itself"),
            _ => format!("these models wait for each other: {}", names.join(" <- ")),
        };
        self.problems.push(
            Diagnostic::error(Text::of_model(model).place(span), message).hint(
                "a table is made from tables that are there before it; take one of these reads out",
            ),
        );
    }
}
