//! `metric_value.*` of `from published.metric_value`: all columns of a table that is
//! named without its schema, as the standard has it and as many tools write it. The
//! engine knows the table by all of its name alone, so [`completed`] writes that.

use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, Query, Select, SelectItem, SelectItemQualifiedWildcardKind,
    TableFactor, TableWithJoins, VisitMut as _, VisitorMut,
};
use std::ops::ControlFlow;

/// The query with the whole names of tables before `.*`, where there is just one of
/// that name.
pub(crate) fn completed(query: &mut Query) {
    let _ = query.visit(&mut Wildcards);
}

struct Wildcards;

impl VisitorMut for Wildcards {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let Select {
            projection, from, ..
        } = select;
        for item in projection {
            if let SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(qualifier),
                _,
            ) = item
                && let Some(whole) = whole_name(from, qualifier)
            {
                *qualifier = whole.clone();
            }
        }
        ControlFlow::Continue(())
    }
}

/// The name of the only table that goes by its last part, if it has more of them.
fn whole_name<'f>(from: &'f [TableWithJoins], qualifier: &ObjectName) -> Option<&'f ObjectName> {
    let [ObjectNamePart::Identifier(wanted)] = qualifier.0.as_slice() else {
        return None;
    };
    let factors = from.iter().flat_map(|from| {
        std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation))
    });
    let mut named = factors.filter_map(|factor| match factor {
        TableFactor::Table {
            name,
            alias: None,
            args: None,
            ..
        } => {
            let last = name.0.last()?.as_ident()?;
            (folded(last) == folded(wanted)).then_some(name)
        }
        _ => None,
    });
    let name = named.next()?;
    (name.0.len() > 1 && named.next().is_none()).then_some(name)
}

/// As the engine compares names.
fn folded(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use crate::world::{World, ask};

    #[tokio::test]
    async fn all_columns_of_a_table_need_not_its_schema() {
        let world = World::new().await;
        let analyst = world.analyst().await;
        for (sql, rows) in [
            ("select person.* from published.person", 100),
            (
                "select \"person\".*, 1 as one from \"published\".\"person\"",
                100,
            ),
            ("select PERSON.* from warehouse.published.person", 100),
            ("select published.person.* from published.person", 100),
            ("select person.* from person", 100),
            (
                "select ref_school.*, person.sex from published.person join published.ref_school on true limit 7",
                7,
            ),
            (
                "select * from (select person.* from published.person) as person where person.sex is not null",
                100,
            ),
            (
                "with p as (select person.* from published.person) select p.* from p",
                100,
            ),
        ] {
            let answered = ask(&analyst, sql).await;
            assert_eq!(answered.unwrap().len(), rows, "{sql}");
        }
        for sql in [
            "select \"PERSON\".* from published.person",
            "select person.* from published.person as p",
            "select other.* from published.person",
            "select person.* from published.person, published.person",
            "select secret.* from published.person",
        ] {
            assert!(ask(&analyst, sql).await.is_err(), "{sql}");
        }
        // A name given to another table is that table's.
        let sql = "select person.* from published.ref_school as person";
        assert_eq!(ask(&analyst, sql).await.unwrap().len(), 30);
    }
}
