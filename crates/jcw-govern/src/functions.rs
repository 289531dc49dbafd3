//! The functions that a governed query may call: those of the engine that are
//! named here. Left out is what tells of files, of the machine or of the engine,
//! what gives another answer every time, and what makes as many values of one as
//! it is asked for.

use crate::capability::Capability;
use crate::growth::{Bounded, joined};
use crate::public::{Series, Told};
use datafusion::catalog::{TableFunction, TableFunctionImpl};
use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use std::collections::HashMap;
use std::sync::Arc;

/// Scalar functions by name; aliases come with them.
const SCALAR: &[&str] = &[
    "abs",
    "acos",
    "acosh",
    "array_any_value",
    "array_append",
    "array_avg",
    "array_compact",
    "array_concat",
    "array_dims",
    "array_distance",
    "array_distinct",
    "array_element",
    "array_empty",
    "array_except",
    "array_has",
    "array_has_all",
    "array_has_any",
    "array_intersect",
    "array_length",
    "array_max",
    "array_min",
    "array_ndims",
    "array_pop_back",
    "array_pop_front",
    "array_position",
    "array_positions",
    "array_prepend",
    "array_product",
    "array_remove",
    "array_remove_all",
    "array_remove_n",
    "array_replace",
    "array_replace_all",
    "array_replace_n",
    "array_reverse",
    "array_slice",
    "array_sort",
    "array_sum",
    "array_to_string",
    "array_union",
    "arrays_zip",
    "arrow_cast",
    "arrow_try_cast",
    "arrow_typeof",
    "ascii",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bit_length",
    "btrim",
    "cardinality",
    "cbrt",
    "ceil",
    "character_length",
    "chr",
    "coalesce",
    "concat",
    "concat_ws",
    "contains",
    "cos",
    "cosh",
    "cot",
    "current_date",
    "current_time",
    "date_bin",
    "date_part",
    "date_trunc",
    "degrees",
    "digest",
    "empty",
    "encode",
    "decode",
    "ends_with",
    "exp",
    "factorial",
    "find_in_set",
    "flatten",
    "floor",
    "from_unixtime",
    "gcd",
    "get_field",
    "greatest",
    "initcap",
    "isnan",
    "iszero",
    "lcm",
    "least",
    "left",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "make_array",
    "make_date",
    "make_time",
    "map",
    "map_entries",
    "map_extract",
    "map_keys",
    "map_values",
    "md5",
    "named_struct",
    "nanvl",
    "now",
    "nullif",
    "nvl",
    "nvl2",
    "octet_length",
    "overlay",
    "pi",
    "power",
    "radians",
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "regexp_match",
    "regexp_replace",
    "replace",
    "reverse",
    "right",
    "round",
    "rtrim",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "signum",
    "sin",
    "sinh",
    "split_part",
    "sqrt",
    "starts_with",
    "string_to_array",
    "strpos",
    "struct",
    "substr",
    "substr_index",
    "tan",
    "tanh",
    "to_char",
    "to_date",
    "to_hex",
    "to_local_time",
    "to_time",
    "to_timestamp",
    "to_timestamp_micros",
    "to_timestamp_millis",
    "to_timestamp_nanos",
    "to_timestamp_seconds",
    "to_unixtime",
    "translate",
    "trunc",
    "union_extract",
    "union_tag",
    "upper",
];

/// Those of them that are called as they are: the engine turns them into something
/// else, or their value is of a fixed width or one of their arguments.
const PLAIN: &[&str] = &[
    "array_has",
    "arrow_cast",
    "arrow_try_cast",
    "coalesce",
    "current_date",
    "current_time",
    "date_part",
    "get_field",
    "log",
    "named_struct",
    "now",
    "nvl",
    "nvl2",
    "power",
    "regexp_like",
    "starts_with",
    "struct",
    "to_timestamp",
    "to_timestamp_micros",
    "to_timestamp_millis",
    "to_timestamp_nanos",
    "to_timestamp_seconds",
];

/// Those of the engine's scalar functions that are allowed, bounded in what they
/// make, and one for `||`.
pub(crate) fn scalar_functions() -> Vec<Arc<ScalarUDF>> {
    let all = SessionStateDefaults::default_scalar_functions();
    let allowed = all
        .into_iter()
        .filter(|function| SCALAR.contains(&function.name()));
    let allowed = allowed.map(|function| match function.name() {
        "round" => jcw_lake::round(),
        _ => function,
    });
    let bounded = allowed.map(|function| match PLAIN.contains(&function.name()) {
        true => function,
        false => Bounded::around(function),
    });
    bounded.chain([Bounded::around(joined())]).collect()
}

/// Aggregates see the rows that the query sees; all are allowed.
pub(crate) fn aggregate_functions() -> Vec<Arc<AggregateUDF>> {
    SessionStateDefaults::default_aggregate_functions()
}

/// Likewise.
pub(crate) fn window_functions() -> Vec<Arc<WindowUDF>> {
    SessionStateDefaults::default_window_functions()
}

/// Numbers in a row, and nothing that names a file.
pub(crate) fn table_functions(capability: &Arc<Capability>) -> HashMap<String, Arc<TableFunction>> {
    let all = SessionStateDefaults::default_table_functions();
    let series = all
        .into_iter()
        .filter(|function| ["generate_series", "range"].contains(&function.name()));
    bounded(series, |inner| {
        Arc::new(Series::new(inner, capability.clone()))
    })
}

/// Those of a door, of the session with that capability alone.
pub(crate) fn told_table_functions(
    all: impl Iterator<Item = Arc<TableFunction>>,
    capability: &Arc<Capability>,
) -> HashMap<String, Arc<TableFunction>> {
    bounded(all, |inner| Arc::new(Told::new(inner, capability.clone())))
}

fn bounded(
    all: impl Iterator<Item = Arc<TableFunction>>,
    bound: impl Fn(Arc<dyn TableFunctionImpl>) -> Arc<dyn TableFunctionImpl>,
) -> HashMap<String, Arc<TableFunction>> {
    all.map(|function| {
        let name = function.name().to_owned();
        let bounded = TableFunction::new(name.clone(), bound(function.function().clone()));
        (name, Arc::new(bounded))
    })
    .collect()
}

/// Whether a called function is the one that is registered under its name: names
/// can be taken by others.
pub(crate) fn is_registered<F: PartialEq + Named>(
    known: &HashMap<String, Arc<F>>,
    called: &Arc<F>,
) -> bool {
    (known.get(called.called())).is_some_and(|known| Arc::ptr_eq(known, called) || known == called)
}

/// A function's name.
pub(crate) trait Named {
    fn called(&self) -> &str;
}

impl Named for ScalarUDF {
    fn called(&self) -> &str {
        self.name()
    }
}

impl Named for AggregateUDF {
    fn called(&self) -> &str {
        self.name()
    }
}

impl Named for WindowUDF {
    fn called(&self) -> &str {
        self.name()
    }
}
