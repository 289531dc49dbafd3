//! Nothing: tables of a Postgres that no warehouse ever fills, such as policies,
//! foreign servers and parts of tables. A list that is made of one has no rows,
//! whatever else it says, so the engine need not understand the rest.

use super::sheet::Sheet;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use std::sync::Arc;

/// Whether a list that is made of this table has no rows.
pub(super) fn is_nothing(table: &str) -> bool {
    ALWAYS.contains(&table)
}

const ALWAYS: [&str; 7] = [
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_policy",
    "pg_statistic_ext",
    "pg_ts_config_map",
    "pg_user_mappings",
];

/// Functions that give rows in a Postgres, and are tables without any here: the parts
/// of a table, and what a parser of texts tells apart.
pub(super) const FUNCTIONS: [&str; 2] = ["pg_partition_tree", "ts_token_type"];

/// Such a table, where the fixed ones do not have it.
pub(super) fn table(name: &str) -> Option<Result<Arc<dyn TableProvider>, DataFusionError>> {
    use DataType::{Boolean, Int32, Utf8};
    let columns: &[(&str, DataType)] = match name {
        "pg_partition_tree" => &[("relid", Int32), ("isleaf", Boolean), ("level", Int32)],
        "pg_parameter_acl" => &[("oid", Int32), ("parname", Utf8), ("paracl", Utf8)],
        "pg_ts_config_map" => &[
            ("mapcfg", Int32),
            ("maptokentype", Int32),
            ("mapseqno", Int32),
            ("mapdict", Int32),
        ],
        "pg_user_mappings" => &[
            ("umid", Int32),
            ("srvid", Int32),
            ("srvname", Utf8),
            ("umuser", Int32),
            ("usename", Utf8),
            ("umoptions", Utf8),
        ],
        "ts_token_type" => &[("tokid", Int32), ("alias", Utf8), ("description", Utf8)],
        _ => return None,
    };
    let fields = (columns.iter()).map(|(name, kind)| Field::new(*name, kind.clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    Some(Sheet::new(Arc::new(schema), 0).table())
}
