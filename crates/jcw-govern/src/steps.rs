//! How many steps a query's plan will have, told from the query itself: a table
//! expression is planned as often as it is named, and forty that each name the one
//! before twice are a plan without an end, which could not be stopped while it is
//! made.

use datafusion::sql::sqlparser::ast::{ObjectName, Query, TableFactor, Visit as _, Visitor};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Whether the plan has at most so many steps, more or less.
pub(crate) fn has_at_most(most: usize, query: &Query) -> bool {
    let mut steps = Steps {
        most,
        ..Steps::default()
    };
    query.visit(&mut steps).is_continue()
}

#[derive(Default)]
struct Steps {
    most: usize,
    /// Of the queries that are being read, the innermost last.
    open: Vec<usize>,
    /// Table expressions that are not read yet, by where they stand.
    named: HashMap<usize, String>,
    /// Those that are. One that is named like another counts as the larger.
    known: HashMap<String, usize>,
}

impl Steps {
    fn add(&mut self, steps: usize) -> ControlFlow<()> {
        let Some(open) = self.open.last_mut() else {
            return ControlFlow::Continue(());
        };
        *open = open.saturating_add(steps);
        match *open > self.most {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

fn place(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

fn word(name: &ObjectName) -> Option<String> {
    let ident = name.0.last()?.as_ident()?;
    Some(ident.value.to_lowercase())
}

impl Visitor for Steps {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for table in query.with.iter().flat_map(|with| &with.cte_tables) {
            let name = table.alias.name.value.to_lowercase();
            self.named.insert(place(&table.query), name);
        }
        self.open.push(1);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let steps = self.open.pop().unwrap_or_default();
        match self.named.remove(&place(query)) {
            Some(name) => {
                let known = self.known.entry(name).or_default();
                *known = steps.max(*known);
                ControlFlow::Continue(())
            }
            None => self.add(steps),
        }
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, .. } = table else {
            return ControlFlow::Continue(());
        };
        let known = word(name).and_then(|name| self.known.get(&name).copied());
        self.add(known.unwrap_or(1))
    }
}
