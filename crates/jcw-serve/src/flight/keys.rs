//! Keys, as contracts and models declare them, between tables that the caller may
//! see: what BI tools draw relationships from.

use super::error::{Result, ours};
use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray, UInt8Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow_flight::sql::{
    CommandGetCrossReference, CommandGetExportedKeys, CommandGetImportedKeys,
    CommandGetPrimaryKeys, UpdateDeleteRules,
};
use jcw_govern::{ForeignKey, Visible, VisibleTable};
use jcw_lake::CATALOG;
use std::sync::Arc;

/// Which table is asked about; what is not said is anything.
struct Asked {
    catalog: Option<String>,
    schema: Option<String>,
    table: String,
}

impl Asked {
    fn is(&self, table: &VisibleTable) -> bool {
        self.catalog
            .as_deref()
            .is_none_or(|catalog| catalog == CATALOG)
            && self
                .schema
                .as_ref()
                .is_none_or(|schema| *schema == table.schema_name)
            && self.table == table.name
    }
}

/// The columns of [`primary`].
pub(super) fn primary_schema() -> Schema {
    Schema::new(vec![
        Field::new("catalog_name", DataType::Utf8, true),
        Field::new("db_schema_name", DataType::Utf8, true),
        Field::new("table_name", DataType::Utf8, false),
        Field::new("column_name", DataType::Utf8, false),
        Field::new("key_name", DataType::Utf8, true),
        Field::new("key_sequence", DataType::Int32, false),
    ])
}

/// The columns of the three others.
pub(super) fn foreign_schema() -> Schema {
    Schema::new(vec![
        Field::new("pk_catalog_name", DataType::Utf8, true),
        Field::new("pk_db_schema_name", DataType::Utf8, true),
        Field::new("pk_table_name", DataType::Utf8, false),
        Field::new("pk_column_name", DataType::Utf8, false),
        Field::new("fk_catalog_name", DataType::Utf8, true),
        Field::new("fk_db_schema_name", DataType::Utf8, true),
        Field::new("fk_table_name", DataType::Utf8, false),
        Field::new("fk_column_name", DataType::Utf8, false),
        Field::new("key_sequence", DataType::Int32, false),
        Field::new("fk_key_name", DataType::Utf8, true),
        Field::new("pk_key_name", DataType::Utf8, true),
        Field::new("update_rule", DataType::UInt8, false),
        Field::new("delete_rule", DataType::UInt8, false),
    ])
}

/// A table's own key.
pub(super) fn primary(visible: &Visible, asked: CommandGetPrimaryKeys) -> Result<RecordBatch> {
    let asked = Asked {
        catalog: asked.catalog,
        schema: asked.db_schema,
        table: asked.table,
    };
    let tables = visible.tables.values().filter(|table| asked.is(table));
    let columns: Vec<_> = tables
        .flat_map(|table| (1..).zip(&table.primary_key).map(move |key| (table, key)))
        .collect();
    let text = |of: &dyn Fn(&VisibleTable, &String) -> String| {
        let texts = columns.iter().map(|(table, (_, column))| of(table, column));
        Arc::new(StringArray::from_iter_values(texts)) as ArrayRef
    };
    let places = columns.iter().map(|(_, (place, _))| *place);
    let batch = vec![
        text(&|_, _| CATALOG.to_owned()),
        text(&|table, _| table.schema_name.clone()),
        text(&|table, _| table.name.clone()),
        text(&|_, column| column.clone()),
        text(&|table, _| format!("{}_key", table.name)),
        Arc::new(Int32Array::from_iter_values(places)),
    ];
    RecordBatch::try_new(Arc::new(primary_schema()), batch).map_err(ours)
}

/// The keys by which a table points to others.
pub(super) fn imported(visible: &Visible, asked: CommandGetImportedKeys) -> Result<RecordBatch> {
    let from = Asked {
        catalog: asked.catalog,
        schema: asked.db_schema,
        table: asked.table,
    };
    foreign(visible, |table, _| from.is(table))
}

/// The keys by which others point to a table.
pub(super) fn exported(visible: &Visible, asked: CommandGetExportedKeys) -> Result<RecordBatch> {
    let to = Asked {
        catalog: asked.catalog,
        schema: asked.db_schema,
        table: asked.table,
    };
    foreign(visible, |_, other| to.is(other))
}

/// The keys by which one table points to one other.
pub(super) fn between(visible: &Visible, asked: CommandGetCrossReference) -> Result<RecordBatch> {
    let to = Asked {
        catalog: asked.pk_catalog,
        schema: asked.pk_db_schema,
        table: asked.pk_table,
    };
    let from = Asked {
        catalog: asked.fk_catalog,
        schema: asked.fk_db_schema,
        table: asked.fk_table,
    };
    foreign(visible, |table, other| from.is(table) && to.is(other))
}

/// One column of a key that points from a table to another.
struct Link<'v> {
    from: &'v VisibleTable,
    key: &'v ForeignKey,
    to: &'v VisibleTable,
    /// Counted from nought.
    place: usize,
}

impl Link<'_> {
    fn name(&self) -> String {
        format!("{}_{}", self.from.name, self.key.columns.join("_"))
    }
}

fn foreign(
    visible: &Visible,
    wanted: impl Fn(&VisibleTable, &VisibleTable) -> bool,
) -> Result<RecordBatch> {
    let mut links = Vec::new();
    for from in visible.tables.values() {
        for key in &from.foreign_keys {
            let Some(to) = visible.tables.get(&key.table) else {
                continue;
            };
            if wanted(from, to) {
                let places = 0..key.columns.len().min(key.to.len());
                links.extend(places.map(|place| Link {
                    from,
                    key,
                    to,
                    place,
                }));
            }
        }
    }
    links.sort_by_key(|link| (&link.to.schema_name, &link.to.name, link.name(), link.place));
    let text = |of: &dyn Fn(&Link<'_>) -> String| {
        Arc::new(StringArray::from_iter_values(links.iter().map(of))) as ArrayRef
    };
    let places = links
        .iter()
        .map(|link| i32::try_from(link.place + 1).unwrap_or(i32::MAX));
    // Nothing is ever changed or deleted under a key: a release stays as it is.
    let rules = vec![UpdateDeleteRules::NoAction as u8; links.len()];
    let rules: ArrayRef = Arc::new(UInt8Array::from(rules));
    let batch = vec![
        text(&|_| CATALOG.to_owned()),
        text(&|link| link.to.schema_name.clone()),
        text(&|link| link.to.name.clone()),
        text(&|link| link.key.to[link.place].clone()),
        text(&|_| CATALOG.to_owned()),
        text(&|link| link.from.schema_name.clone()),
        text(&|link| link.from.name.clone()),
        text(&|link| link.key.columns[link.place].clone()),
        Arc::new(Int32Array::from_iter_values(places)),
        text(&|link| link.name()),
        text(&|link| format!("{}_key", link.to.name)),
        rules.clone(),
        rules,
    ];
    RecordBatch::try_new(Arc::new(foreign_schema()), batch).map_err(ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn table(name: &str, key: &[&str], points: &[(&str, &str, &str)]) -> (String, VisibleTable) {
        let foreign_keys = points.iter().map(|(column, table, to)| ForeignKey {
            columns: vec![(*column).to_owned()],
            table: (*table).to_owned(),
            to: vec![(*to).to_owned()],
        });
        let table = VisibleTable {
            schema_name: "published".into(),
            name: name.into(),
            remarks: None,
            schema: Arc::new(Schema::empty()),
            columns: Vec::new(),
            primary_key: key.iter().map(|&column| column.to_owned()).collect(),
            foreign_keys: foreign_keys.collect(),
            is_view: false,
        };
        (format!("published.{name}"), table)
    }

    fn visible() -> Visible {
        Visible {
            tables: BTreeMap::from([
                table("area", &["area_code"], &[]),
                table(
                    "figure",
                    &["metric_id", "month"],
                    &[
                        ("area", "published.area", "area_code"),
                        ("child", "core.child", "child_key"),
                    ],
                ),
            ]),
        }
    }

    #[test]
    fn keys_point_both_ways_and_only_to_what_is_visible() {
        let asked = CommandGetImportedKeys {
            table: "figure".into(),
            ..CommandGetImportedKeys::default()
        };
        let imported = imported(&visible(), asked).unwrap();
        assert_eq!(imported.num_rows(), 1);
        let asked = CommandGetExportedKeys {
            table: "area".into(),
            db_schema: Some("published".into()),
            ..CommandGetExportedKeys::default()
        };
        assert_eq!(exported(&visible(), asked).unwrap(), imported);
        let asked = CommandGetCrossReference {
            pk_table: "area".into(),
            fk_table: "figure".into(),
            ..CommandGetCrossReference::default()
        };
        assert_eq!(between(&visible(), asked).unwrap(), imported);
    }

    #[test]
    fn a_key_of_two_columns_is_numbered_from_one() {
        let asked = CommandGetPrimaryKeys {
            table: "figure".into(),
            ..CommandGetPrimaryKeys::default()
        };
        let batch = primary(&visible(), asked).unwrap();
        let places: &Int32Array = batch.column(5).as_any().downcast_ref().unwrap();
        assert_eq!(places.values(), &[1, 2]);
    }
}
