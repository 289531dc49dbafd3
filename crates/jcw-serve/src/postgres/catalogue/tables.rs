//! The tables of `pg_catalog` that tell of what is visible: schemas, tables,
//! columns, keys, comments. The others are as in any Postgres, or empty where
//! they would tell of users.

use super::oid::{DATABASE, OWNER, PG_CATALOG, SYSTEM, foreign, primary};
use super::sheet::Sheet;
use super::{Known, oid};
use crate::postgres::encoding::modifier;
use arrow::array::{ArrayRef, Int16Builder, ListBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use jcw_govern::VisibleTable;
use pgwire::api::Type;
use std::sync::Arc;

/// One table, from what is visible where it tells of that.
pub(super) fn table(
    name: &str,
    known: &Known,
    fixed: Arc<dyn TableProvider>,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let schema = fixed.schema();
    match name {
        "pg_namespace" => namespaces(schema, known),
        "pg_class" => classes(schema, known),
        "pg_attribute" => attributes(schema, known),
        "pg_constraint" => constraints(&schema, known),
        "pg_index" => indexes(schema, known),
        "pg_description" => descriptions(schema, known),
        "pg_database" => databases(schema, known),
        "pg_tables" => tables(schema, known),
        "pg_views" => views(schema, known),
        "pg_stat_user_tables" => statistics(schema, known),
        "pg_settings" => settings(&schema, known),
        "pg_roles" => roles(schema, known),
        "pg_authid" | "pg_auth_members" | "pg_shadow" | "pg_user_mapping" | "pg_init_privs"
        | "pg_depend" | "pg_shdepend" | "pg_statistic" | "pg_rewrite" | "pg_attrdef" => {
            Sheet::new(schema, 0).table()
        }
        _ => Ok(fixed),
    }
}

type Made = Result<Arc<dyn TableProvider>, DataFusionError>;

impl Known {
    fn shown(&self) -> impl Iterator<Item = &VisibleTable> + Clone {
        self.session.visible().tables.values()
    }

    pub(super) fn oid(&self, name: &str) -> i64 {
        i64::from(self.oids.get(name))
    }

    fn oid_of(&self, table: &VisibleTable) -> i64 {
        self.oid(&full(table))
    }

    fn user(&self) -> &str {
        &self.session.principal().name
    }
}

pub(super) fn full(table: &VisibleTable) -> String {
    format!("{}.{}", table.schema_name, table.name)
}

fn namespaces(schema: SchemaRef, known: &Known) -> Made {
    let mut names = known.session.visible().schemas();
    names.extend(["pg_catalog", "information_schema"]);
    Sheet::new(schema, names.len())
        .numbers("oid", names.iter().map(|name| known.oid(name)))
        .words("nspname", names.clone())
        .numbers("nspowner", names.iter().map(|_| i64::from(OWNER)))
        .table()
}

/// One line of `pg_class`.
struct Class {
    oid: i64,
    name: String,
    namespace: i64,
    kind: &'static str,
    has_index: bool,
    columns: usize,
}

fn classes(schema: SchemaRef, known: &Known) -> Made {
    let mut lines = Vec::new();
    for table in known.shown() {
        let namespace = known.oid(&table.schema_name);
        let has_index = !table.primary_key.is_empty();
        lines.push(Class {
            oid: known.oid_of(table),
            name: table.name.clone(),
            namespace,
            kind: if table.is_view { "v" } else { "r" },
            has_index,
            columns: table.schema.fields().len(),
        });
        if has_index {
            lines.push(Class {
                oid: known.oid(&primary(table)),
                name: format!("{}_pkey", table.name),
                namespace,
                kind: "i",
                has_index: false,
                columns: table.primary_key.len(),
            });
        }
    }
    let schema = with_words(&schema, &["relacl", "reloptions"]);
    lines.extend(SYSTEM.iter().map(|(name, oid)| Class {
        oid: i64::from(*oid),
        name: (*name).to_owned(),
        namespace: i64::from(PG_CATALOG),
        kind: "r",
        has_index: false,
        columns: 0,
    }));
    let lines = &lines;
    Sheet::new(schema, lines.len())
        .numbers("oid", lines.iter().map(|line| line.oid))
        .words("relname", lines.iter().map(|line| line.name.as_str()))
        .numbers("relnamespace", lines.iter().map(|line| line.namespace))
        .numbers("relowner", lines.iter().map(|_| i64::from(OWNER)))
        .numbers("relfilenode", lines.iter().map(|line| line.oid))
        .numbers("reltuples", lines.iter().map(|_| -1))
        .facts("relhasindex", lines.iter().map(|line| line.has_index))
        .numbers("relam", lines.iter().map(|line| method(line.kind)))
        .words("relpersistence", lines.iter().map(|_| "p"))
        .words("relkind", lines.iter().map(|line| line.kind))
        .numbers("relnatts", lines.iter().map(|line| small(line.columns)))
        .facts("relispopulated", lines.iter().map(|_| true))
        .words("relreplident", lines.iter().map(|_| "d"))
        .table()
}

/// How Postgres keeps a table (heap) and an index (btree).
fn method(kind: &str) -> i64 {
    match kind {
        "r" => 2,
        "i" => 403,
        _ => 0,
    }
}

/// The schema with these columns as lists of words.
fn with_words(schema: &SchemaRef, names: &[&str]) -> SchemaRef {
    let list = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
    let is_other = |field: &&Arc<Field>| !names.contains(&field.name().as_str());
    let kept = schema.fields().iter().filter(is_other);
    let kept = kept.map(|field| field.as_ref().clone());
    let lists = names
        .iter()
        .map(|name| Field::new(*name, list.clone(), true));
    Arc::new(Schema::new(kept.chain(lists).collect::<Vec<_>>()))
}

fn small(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(0)
}

fn attributes(schema: SchemaRef, known: &Known) -> Made {
    let mut lines = Vec::new();
    for table in known.shown() {
        for (index, field) in table.schema.fields().iter().enumerate() {
            let is_key = table.primary_key.contains(field.name());
            let declared = table
                .columns
                .get(index)
                .is_some_and(|column| !column.is_nullable);
            let kind = pg_type(field.data_type());
            lines.push((
                known.oid_of(table),
                index,
                field.clone(),
                kind,
                is_key || declared,
            ));
        }
    }
    // An index has columns too.
    for key in known.keys().iter().filter(|key| key.to.is_none()) {
        let named = key.columns.iter().enumerate();
        lines.extend(named.filter_map(|(index, name)| {
            let field = key.table.schema.field_with_name(name).ok()?;
            let kind = pg_type(field.data_type());
            Some((key.oid, index, Arc::new(field.clone()), kind, false))
        }));
    }
    let lines = &lines;
    let schema = with_words(&schema, &["attacl", "attoptions"]);
    Sheet::new(schema, lines.len())
        .numbers("attrelid", lines.iter().map(|line| line.0))
        .words("attname", lines.iter().map(|line| line.2.name().as_str()))
        .numbers("atttypid", lines.iter().map(|line| i64::from(line.3.oid())))
        .numbers("attstattarget", lines.iter().map(|_| -1))
        .numbers(
            "attlen",
            lines.iter().map(|line| i64::from(length(&line.3))),
        )
        .numbers("attnum", lines.iter().map(|line| small(line.1 + 1)))
        .numbers("attcacheoff", lines.iter().map(|_| -1))
        .numbers(
            "atttypmod",
            lines
                .iter()
                .map(|line| i64::from(modifier(line.2.data_type()))),
        )
        .words("attalign", lines.iter().map(|_| "i"))
        .words("attstorage", lines.iter().map(|_| "p"))
        .facts("attnotnull", lines.iter().map(|line| line.4))
        .facts("attislocal", lines.iter().map(|_| true))
        .table()
}

/// What Postgres would call the type of a column; text where it has none.
pub(super) fn pg_type(kind: &DataType) -> Type {
    arrow_pg::datatypes::into_pg_type(kind).unwrap_or(Type::TEXT)
}

fn length(kind: &Type) -> i16 {
    match *kind {
        Type::BOOL => 1,
        Type::INT2 => 2,
        Type::INT4 | Type::FLOAT4 | Type::DATE => 4,
        Type::INT8 | Type::FLOAT8 | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ => 8,
        Type::INTERVAL => 16,
        _ => -1,
    }
}

/// One key of a table.
pub(super) struct Key<'k> {
    pub(super) oid: i64,
    pub(super) name: String,
    pub(super) table: &'k VisibleTable,
    pub(super) columns: &'k [String],
    /// The table that it points to, and the columns there.
    pub(super) to: Option<(&'k VisibleTable, &'k [String])>,
}

impl Known {
    /// All keys of what is visible.
    pub(super) fn keys(&self) -> Vec<Key<'_>> {
        let mut keys = Vec::new();
        for table in self.shown() {
            if !table.primary_key.is_empty() {
                keys.push(Key {
                    oid: self.oid(&primary(table)),
                    name: format!("{}_pkey", table.name),
                    table,
                    columns: &table.primary_key,
                    to: None,
                });
            }
            for (index, key) in table.foreign_keys.iter().enumerate() {
                let Some(to) = self.session.visible().tables.get(&key.table) else {
                    continue;
                };
                keys.push(Key {
                    oid: self.oid(&foreign(table, index)),
                    name: format!("{}_fkey{}", table.name, index + 1),
                    table,
                    columns: &key.columns,
                    to: Some((to, &key.to)),
                });
            }
        }
        keys
    }
}

impl Key<'_> {
    /// As `pg_get_constraintdef` writes it.
    pub(super) fn definition(&self) -> String {
        let list = |columns: &[String]| {
            let quoted = columns.iter().map(|column| quoted(column));
            quoted.collect::<Vec<_>>().join(", ")
        };
        let columns = list(self.columns);
        match self.to {
            None => format!("PRIMARY KEY ({columns})"),
            Some((table, to)) => format!(
                "FOREIGN KEY ({columns}) REFERENCES {}.{}({})",
                quoted(&table.schema_name),
                quoted(&table.name),
                list(to),
            ),
        }
    }

    /// As `pg_get_indexdef` writes it.
    pub(super) fn index(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| quoted(column)).collect();
        format!(
            "CREATE UNIQUE INDEX {} ON {}.{} USING btree ({})",
            quoted(&self.name),
            quoted(&self.table.schema_name),
            quoted(&self.table.name),
            columns.join(", "),
        )
    }
}

/// A name as it has to be written.
pub(super) fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match name.chars().all(is_plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn numbers_of(table: &VisibleTable, columns: &[String]) -> Vec<i16> {
    let place = |column: &String| table.schema.index_of(column).ok();
    let places = columns.iter().filter_map(place);
    places
        .filter_map(|place| i16::try_from(place + 1).ok())
        .collect()
}

fn lists(lists: impl Iterator<Item = Option<Vec<i16>>>) -> ArrayRef {
    let mut builder = ListBuilder::new(Int16Builder::new());
    for list in lists {
        match list {
            Some(list) => builder.append_value(list.into_iter().map(Some)),
            None => builder.append_null(),
        }
    }
    Arc::new(builder.finish())
}

fn constraints(schema: &SchemaRef, known: &Known) -> Made {
    let list = DataType::List(Arc::new(Field::new("item", DataType::Int16, true)));
    let fields = schema
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "conkey" | "confkey" => Field::new(field.name(), list.clone(), true),
            _ => field.as_ref().clone(),
        });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let keys = &known.keys();
    let index = |key: &Key<'_>| match key.to {
        None => key.oid,
        Some((to, _)) => known.oid(&primary(to)),
    };
    let action = |key: &Key<'_>| if key.to.is_some() { "a" } else { " " };
    Sheet::new(schema, keys.len())
        .numbers("oid", keys.iter().map(|key| key.oid))
        .words("conname", keys.iter().map(|key| key.name.as_str()))
        .numbers(
            "connamespace",
            keys.iter().map(|key| known.oid(&key.table.schema_name)),
        )
        .words(
            "contype",
            keys.iter()
                .map(|key| if key.to.is_some() { "f" } else { "p" }),
        )
        .facts("convalidated", keys.iter().map(|_| true))
        .numbers("conrelid", keys.iter().map(|key| known.oid_of(key.table)))
        .numbers("conindid", keys.iter().map(index))
        .numbers(
            "confrelid",
            keys.iter()
                .map(|key| key.to.map_or(0, |to| known.oid_of(to.0))),
        )
        .words("confupdtype", keys.iter().map(action))
        .words("confdeltype", keys.iter().map(action))
        .words(
            "confmatchtype",
            keys.iter()
                .map(|key| if key.to.is_some() { "s" } else { " " }),
        )
        .facts("conislocal", keys.iter().map(|_| true))
        .facts("connoinherit", keys.iter().map(|_| true))
        .column(
            "conkey",
            lists(
                keys.iter()
                    .map(|key| Some(numbers_of(key.table, key.columns))),
            ),
        )
        .column(
            "confkey",
            lists(
                keys.iter()
                    .map(|key| key.to.map(|(to, columns)| numbers_of(to, columns))),
            ),
        )
        .table()
}

fn indexes(schema: SchemaRef, known: &Known) -> Made {
    let keys = known.keys();
    let keys: Vec<&Key<'_>> = keys.iter().filter(|key| key.to.is_none()).collect();
    let keys = &keys;
    let count = |key: &&Key<'_>| small(key.columns.len());
    let each = |key: &&Key<'_>, word: &str| vec![word; key.columns.len()].join(" ");
    let places = |key: &&Key<'_>| {
        let places = numbers_of(key.table, key.columns).into_iter();
        places
            .map(|place| place.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    Sheet::new(schema, keys.len())
        .numbers("indexrelid", keys.iter().map(|key| key.oid))
        .numbers("indrelid", keys.iter().map(|key| known.oid_of(key.table)))
        .numbers("indnatts", keys.iter().map(count))
        .numbers("indnkeyatts", keys.iter().map(count))
        .facts("indisunique", keys.iter().map(|_| true))
        .facts("indisprimary", keys.iter().map(|_| true))
        .facts("indimmediate", keys.iter().map(|_| true))
        .facts("indisvalid", keys.iter().map(|_| true))
        .facts("indisready", keys.iter().map(|_| true))
        .facts("indislive", keys.iter().map(|_| true))
        .words("indkey", keys.iter().map(places))
        .words("indcollation", keys.iter().map(|key| each(key, "0")))
        .words("indclass", keys.iter().map(|key| each(key, "0")))
        .words("indoption", keys.iter().map(|key| each(key, "0")))
        .table()
}

/// A comment: of what, of which column (0 is the table), and the words.
pub(super) fn comments(known: &Known) -> Vec<(i64, i64, String)> {
    let mut comments = Vec::new();
    for table in known.shown() {
        let oid = known.oid_of(table);
        comments.extend(table.remarks.iter().map(|words| (oid, 0, words.clone())));
        for (index, column) in table.columns.iter().enumerate() {
            let words = column.remarks.iter();
            comments.extend(words.map(|words| (oid, small(index + 1), words.clone())));
        }
    }
    comments
}

fn descriptions(schema: SchemaRef, known: &Known) -> Made {
    let comments = &comments(known);
    let class = SYSTEM
        .iter()
        .find(|(name, _)| *name == "pg_class")
        .map_or(0, |(_, oid)| *oid);
    Sheet::new(schema, comments.len())
        .numbers("objoid", comments.iter().map(|comment| comment.0))
        .numbers("classoid", comments.iter().map(|_| i64::from(class)))
        .numbers("objsubid", comments.iter().map(|comment| comment.1))
        .words(
            "description",
            comments.iter().map(|comment| comment.2.as_str()),
        )
        .table()
}

fn databases(schema: SchemaRef, known: &Known) -> Made {
    Sheet::new(schema, 1)
        .numbers("oid", [i64::from(DATABASE)])
        .words("datname", [known.setting.database.as_str()])
        .numbers("datdba", [i64::from(OWNER)])
        .numbers("encoding", [6])
        .words("datlocprovider", ["c"])
        .words("datcollate", ["C"])
        .words("datctype", ["C"])
        .facts("datallowconn", [true])
        .numbers("datconnlimit", [-1])
        .numbers("dattablespace", [1663])
        .table()
}

fn tables(schema: SchemaRef, known: &Known) -> Made {
    let tables: Vec<&VisibleTable> = known.shown().filter(|table| !table.is_view).collect();
    Sheet::new(schema, tables.len())
        .words(
            "schemaname",
            tables.iter().map(|table| table.schema_name.as_str()),
        )
        .words("tablename", tables.iter().map(|table| table.name.as_str()))
        .words("tableowner", tables.iter().map(|_| "warehouse"))
        .facts(
            "hasindex",
            tables.iter().map(|table| !table.primary_key.is_empty()),
        )
        .table()
}

fn views(schema: SchemaRef, known: &Known) -> Made {
    let views: Vec<&VisibleTable> = known.shown().filter(|table| table.is_view).collect();
    Sheet::new(schema, views.len())
        .words(
            "schemaname",
            views.iter().map(|view| view.schema_name.as_str()),
        )
        .words("viewname", views.iter().map(|view| view.name.as_str()))
        .words("viewowner", views.iter().map(|_| "warehouse"))
        .table()
}

fn statistics(schema: SchemaRef, known: &Known) -> Made {
    let tables: Vec<&VisibleTable> = known.shown().collect();
    Sheet::new(schema, tables.len())
        .numbers("relid", tables.iter().map(|table| known.oid_of(table)))
        .words(
            "schemaname",
            tables.iter().map(|table| table.schema_name.as_str()),
        )
        .words("relname", tables.iter().map(|table| table.name.as_str()))
        .table()
}

fn settings(schema: &SchemaRef, known: &Known) -> Made {
    let variables = &known.setting.variables;
    let mut fields: Vec<Field> = (schema.fields().iter())
        .map(|field| field.as_ref().clone())
        .collect();
    fields.push(Field::new("boot_val", DataType::Utf8, true));
    Sheet::new(Arc::new(Schema::new(fields)), variables.len())
        .words("name", variables.keys())
        .words("setting", variables.values())
        .words("category", variables.keys().map(|_| "Session"))
        .words("short_desc", variables.keys().map(|_| ""))
        .words("context", variables.keys().map(|_| "user"))
        .words("vartype", variables.keys().map(|_| "string"))
        .words("source", variables.keys().map(|_| "session"))
        .words("boot_val", variables.values())
        .words("reset_val", variables.values())
        .table()
}

/// The table that ODBC looks for users in.
pub(super) const USERS: &str = "pg_user";

/// The same people as roles that log in.
pub(super) fn users(known: &Known) -> Made {
    let words = |name| Field::new(name, DataType::Utf8, true);
    let fact = |name| Field::new(name, DataType::Boolean, true);
    let schema = Schema::new(vec![
        words("usename"),
        Field::new("usesysid", DataType::Int32, true),
        fact("usecreatedb"),
        fact("usesuper"),
        fact("userepl"),
        fact("usebypassrls"),
        words("passwd"),
        words("valuntil"),
        words("useconfig"),
    ]);
    Sheet::new(Arc::new(schema), 2)
        .words("usename", ["warehouse", known.user()])
        .numbers("usesysid", [i64::from(OWNER), i64::from(oid::USER)])
        .table()
}

/// The owner, and whoever asks: nobody sees who else there is.
fn roles(schema: SchemaRef, known: &Known) -> Made {
    Sheet::new(schema, 2)
        .words("rolname", ["warehouse", known.user()])
        .facts("rolsuper", [false, false])
        .facts("rolinherit", [true, true])
        .facts("rolcreaterole", [false, false])
        .facts("rolcreatedb", [false, false])
        .facts("rolcanlogin", [false, true])
        .facts("rolreplication", [false, false])
        .facts("rolbypassrls", [false, false])
        .numbers("rolconnlimit", [-1, -1])
        .numbers("oid", [i64::from(OWNER), i64::from(oid::USER)])
        .table()
}
