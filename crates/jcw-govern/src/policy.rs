//! A [`Policy`] is what a principal's role comes to with the principal's own
//! attributes: which tables there are for it, and of each table the columns, the
//! rows, and what is shown in place of a value. What it does not grant is not
//! there.

use crate::roles::Known;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::Placeholder;
use datafusion::logical_expr::{Expr, ExprSchemable as _, lit};
use datafusion::sql::parser::DFParserBuilder;
use jcw_lake::misread;
use jcw_login::Principal;
use jcw_project::Role;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Principals with the same key see the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PolicyKey {
    role: String,
    edition: u64,
    attributes: BTreeMap<String, String>,
}

/// A role with a principal's attributes.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    role: Role,
    attributes: BTreeMap<String, String>,
}

/// What a policy says of one table, over the table's own columns.
#[derive(Debug)]
pub(crate) struct TablePolicy {
    /// True for rows that are seen; none where all are.
    pub(crate) rows: Option<Expr>,
    /// What is shown, in order.
    pub(crate) columns: Vec<ShownColumn>,
}

/// A column that is there for the principal.
#[derive(Debug, Clone)]
pub(crate) struct ShownColumn {
    /// Its name.
    pub(crate) name: String,
    /// Its place in the table itself.
    pub(crate) index: usize,
    /// What is shown in its place, of its own type.
    pub(crate) mask: Option<Expr>,
}

/// A filter or mask, if it means what it says.
fn read(text: &str, columns: &DFSchema, state: &SessionState) -> Result<Expr> {
    let parsed = DFParserBuilder::new(text).build()?.parse_into_expr()?;
    if let Some(found) = misread(&parsed.expr) {
        return plan_err!("{}; {}", found.what, found.instead);
    }
    state.create_logical_expr(text, columns)
}

impl PolicyKey {
    pub(crate) fn of(known: &Known, principal: &Principal) -> PolicyKey {
        PolicyKey {
            role: principal.role.clone(),
            edition: known.edition,
            attributes: principal.attributes.clone(),
        }
    }
}

impl Policy {
    pub(crate) fn new(role: &Role, principal: &Principal) -> Policy {
        Policy {
            role: role.clone(),
            attributes: principal.attributes.clone(),
        }
    }

    /// Whether there is such a table for it.
    pub(crate) fn reads(&self, schema: &str, table: &str) -> bool {
        self.role.reads_table(schema, table)
    }

    /// What it says of the table `name`, `core.child`, which has these columns.
    ///
    /// # Errors
    /// When a filter or mask does not fit the table as it was at its release:
    /// then nothing of it can be shown.
    pub(crate) fn of_table(
        &self,
        name: &str,
        schema: &SchemaRef,
        state: &SessionState,
    ) -> Result<TablePolicy> {
        let named = DFSchema::try_from(bare(schema))?;
        let hidden: BTreeSet<&str> = (self.role.hides.get(name).into_iter().flatten())
            .map(|column| column.as_str())
            .collect();
        let masks = self.role.masks.get(name);
        // A release of before may have a column under another name: then what must
        // not be seen of it is not known, and nothing of the table is shown.
        let masked = masks.into_iter().flat_map(|masks| masks.keys());
        for column in (hidden.iter().copied()).chain(masked.map(String::as_str)) {
            named.as_arrow().field_with_name(column)?;
        }
        let rows = match self.role.rows.get(name) {
            Some(filter) => Some(self.bound(read(filter, &named, state)?, &named)?),
            None => None,
        };
        let mut columns = Vec::new();
        for (index, field) in schema.fields().iter().enumerate() {
            if hidden.contains(field.name().as_str()) {
                continue;
            }
            let mask = match masks.and_then(|masks| masks.get(field.name())) {
                Some(mask) => Some(read(mask, &named, state)?.cast_to(field.data_type(), &named)?),
                None => None,
            };
            columns.push(ShownColumn {
                name: field.name().clone(),
                index,
                mask,
            });
        }
        Ok(TablePolicy { rows, columns })
    }

    /// A row filter with the principal's attributes as literals of the type that
    /// they are compared with. Who lacks one, or whose one is not of that type,
    /// sees no row.
    fn bound(&self, filter: Expr, schema: &DFSchema) -> Result<Expr> {
        let (filter, _) = filter.infer_placeholder_types(schema)?;
        let mut is_lacking = false;
        let bound = filter.transform(|part| {
            let Expr::Placeholder(asked) = &part else {
                return Ok(Transformed::no(part));
            };
            let value = self.attribute(asked)?;
            is_lacking |= value.is_none();
            Ok(Transformed::yes(lit(value.unwrap_or(ScalarValue::Null))))
        })?;
        Ok(match is_lacking {
            true => lit(false),
            false => bound.data,
        })
    }

    fn attribute(&self, asked: &Placeholder) -> Result<Option<ScalarValue>> {
        let kind = (asked.field.as_ref())
            .map(|field| field.data_type().clone())
            .ok_or_else(|| plan_datafusion_err!("an attribute is compared with nothing"))?;
        let value = self.attributes.get(asked.id.trim_start_matches('$'));
        let value = value.filter(|value| !value.trim().is_empty());
        Ok(value.and_then(|value| {
            let bound = ScalarValue::from(value.as_str()).cast_to(&kind).ok()?;
            (!bound.is_null()).then_some(bound)
        }))
    }
}

/// Without metadata, which may say where data came from.
pub(crate) fn bare(schema: &Schema) -> Schema {
    let fields = schema.fields().iter();
    let fields =
        fields.map(|field| Arc::new(field.as_ref().clone().with_metadata(Default::default())));
    Schema::new(fields.collect::<Vec<_>>())
}
