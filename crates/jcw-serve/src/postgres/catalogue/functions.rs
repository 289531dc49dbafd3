//! The functions that clients call in questions to the catalogue, where the
//! answer depends on who asks and what is visible.

use super::lists::{NO_WORD, NO_WORDS};
use super::tables::comments;
use super::{Known, lists};
use crate::postgres::variable::VERSION;
use arrow::array::{Array as _, ArrayRef, AsArray as _, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use jcw_lake::DEFAULT_SCHEMA;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// For one question.
pub(super) fn of(known: &Known) -> Vec<Arc<ScalarUDF>> {
    let user = &known.session.principal().name;
    let version = format!(
        "PostgreSQL {VERSION} (jcw {}, a read-only warehouse)",
        env!("CARGO_PKG_VERSION")
    );
    let text = |value: &str| ScalarValue::Utf8(Some(value.to_owned()));
    let none = ScalarValue::Utf8(None);
    let yes = ScalarValue::Boolean(Some(true));
    let no = ScalarValue::Boolean(Some(false));
    let number = |value| ScalarValue::Int64(Some(value));
    let constants = [
        ("version", text(&version)),
        ("current_database", text(&known.setting.database)),
        ("current_catalog", text(&known.setting.database)),
        ("current_schema", text(DEFAULT_SCHEMA)),
        ("current_user", text(user)),
        ("current_role", text(user)),
        ("session_user", text(user)),
        ("user", text(user)),
        ("pg_get_userbyid", text("warehouse")),
        ("pg_is_in_recovery", no.clone()),
        ("pg_is_wal_replay_paused", no.clone()),
        ("pg_table_is_visible", yes.clone()),
        ("pg_type_is_visible", yes.clone()),
        ("pg_collation_is_visible", yes.clone()),
        ("pg_conversion_is_visible", yes.clone()),
        ("pg_opclass_is_visible", yes.clone()),
        ("pg_operator_is_visible", yes.clone()),
        ("pg_opfamily_is_visible", yes.clone()),
        ("pg_statistics_obj_is_visible", yes.clone()),
        ("pg_ts_config_is_visible", yes.clone()),
        ("pg_ts_dict_is_visible", yes.clone()),
        ("pg_ts_parser_is_visible", yes.clone()),
        ("pg_ts_template_is_visible", yes.clone()),
        ("has_column_privilege", no.clone()),
        ("pg_has_role", no.clone()),
        (
            NO_WORDS,
            ScalarValue::new_null_list(DataType::Utf8, true, 1),
        ),
        ("pg_char_to_encoding", ScalarValue::Int32(Some(6))),
        ("pg_get_function_result", none.clone()),
        ("pg_get_function_arguments", none.clone()),
        ("pg_get_functiondef", none.clone()),
        ("pg_get_function_sqlbody", none.clone()),
        ("pg_get_statisticsobjdef_columns", none.clone()),
        ("pg_describe_object", none.clone()),
        ("pg_size_pretty", none.clone()),
        ("pg_function_is_visible", yes.clone()),
        ("pg_advisory_unlock_all", none.clone()),
        ("pg_get_viewdef", none.clone()),
        ("pg_get_expr", none.clone()),
        ("pg_get_serial_sequence", none.clone()),
        ("pg_get_triggerdef", none.clone()),
        ("pg_get_ruledef", none.clone()),
        ("pg_get_function_identity_arguments", none.clone()),
        ("pg_tablespace_location", none.clone()),
        (NO_WORD, none.clone()),
        ("getdatabaseencoding", text("UTF8")),
        ("to_regtype", ScalarValue::Int32(None)),
        ("pg_get_partkeydef", none.clone()),
        ("shobj_description", none.clone()),
        ("inet_server_addr", none.clone()),
        ("inet_server_port", ScalarValue::Int32(None)),
        ("txid_current", number(1)),
        ("pg_backend_pid", ScalarValue::Int32(Some(0))),
        ("pg_relation_size", number(0)),
        ("pg_total_relation_size", number(0)),
        ("pg_table_size", number(0)),
        ("pg_indexes_size", number(0)),
        ("pg_database_size", number(0)),
        ("pg_tablespace_size", number(0)),
    ];
    let constants = constants.into_iter();
    let mut functions: Vec<ScalarUDF> = constants
        .map(|(name, value)| ScalarUDF::from(Constant::new(name, value)))
        .collect();
    let keys = known.keys();
    let definitions = keys.iter().map(|key| ((key.oid, 0), key.definition()));
    let indexes = keys.iter().filter(|key| key.to.is_none());
    let indexes = indexes.flat_map(|key| {
        let columns = (1..).zip(key.columns.iter().cloned());
        let columns = columns.map(|(place, column)| ((key.oid, place), column));
        columns.chain([((key.oid, 0), key.index())])
    });
    let comments = comments(known)
        .into_iter()
        .map(|(oid, column, words)| ((oid, column), words));
    let comments: BTreeMap<_, _> = comments.collect();
    let of_tables = comments
        .clone()
        .into_iter()
        .filter(|((_, column), _)| *column == 0);
    for (name, found, has_column) in [
        ("pg_get_constraintdef", definitions.collect(), false),
        ("pg_get_indexdef", indexes.collect(), true),
        ("obj_description", of_tables.collect(), false),
        ("col_description", comments, true),
    ] {
        functions.push(ScalarUDF::from(Found::new(name, found, has_column)));
    }
    functions.extend(lists::of(known));
    let variables = known.setting.variables.iter();
    let variables = variables.map(|(name, value)| (name.to_lowercase(), value.clone()));
    let variables: Arc<BTreeMap<String, String>> = Arc::new(variables.collect());
    for name in ["current_setting", "set_config"] {
        functions.push(ScalarUDF::from(Variable::new(name, variables.clone())));
    }
    functions.into_iter().map(Arc::new).collect()
}

/// A function that says the same whatever it is asked.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Constant {
    name: &'static str,
    value: ScalarValue,
    signature: Signature,
}

impl Constant {
    fn new(name: &'static str, value: ScalarValue) -> Constant {
        Constant {
            name,
            value,
            signature: any(),
        }
    }
}

pub(super) fn any() -> Signature {
    Signature::one_of(
        vec![
            datafusion::logical_expr::TypeSignature::Nullary,
            datafusion::logical_expr::TypeSignature::VariadicAny,
        ],
        Volatility::Stable,
    )
}

impl ScalarUDFImpl for Constant {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(self.value.data_type())
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        Ok(ColumnarValue::Scalar(self.value.clone()))
    }
}

/// A function that finds words by a number, and by the number of a column.
#[derive(Debug)]
struct Found {
    name: &'static str,
    found: BTreeMap<(i64, i64), String>,
    has_column: bool,
    signature: Signature,
}

impl Found {
    fn new(name: &'static str, found: BTreeMap<(i64, i64), String>, has_column: bool) -> Found {
        Found {
            name,
            found,
            has_column,
            signature: any(),
        }
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Found) -> bool {
        self.name == other.name && self.found == other.found
    }
}

impl Eq for Found {}

impl Hash for Found {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Found {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let rows = args.number_rows;
        let numbers = |index: usize| -> Result<Option<ArrayRef>, DataFusionError> {
            let Some(argument) = args.args.get(index) else {
                return Ok(None);
            };
            let numbers = argument.clone().into_array(rows)?;
            Ok(Some(cast(&numbers, &DataType::Int64)?))
        };
        let objects = numbers(0)?;
        let columns = if self.has_column { numbers(1)? } else { None };
        let at = |array: &Option<ArrayRef>, row: usize| {
            let array = array.as_ref()?.as_any().downcast_ref::<Int64Array>()?;
            array.is_valid(row).then(|| array.value(row))
        };
        let words = (0..rows).map(|row| {
            let column = at(&columns, row).unwrap_or(0);
            self.found
                .get(&(at(&objects, row)?, column))
                .map(String::as_str)
        });
        let words: StringArray = words.collect();
        Ok(ColumnarValue::Array(Arc::new(words)))
    }
}

/// Variables that mean something here.
const MEANT: [&str; 3] = ["release", "purpose", "statement_timeout"];

/// `current_setting`, and `set_config`, which sets nothing.
#[derive(Debug)]
struct Variable {
    name: &'static str,
    variables: Arc<BTreeMap<String, String>>,
    signature: Signature,
}

impl Variable {
    fn new(name: &'static str, variables: Arc<BTreeMap<String, String>>) -> Variable {
        Variable {
            name,
            variables,
            signature: any(),
        }
    }
}

impl PartialEq for Variable {
    fn eq(&self, other: &Variable) -> bool {
        self.name == other.name && self.variables == other.variables
    }
}

impl Eq for Variable {}

impl Hash for Variable {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Variable {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let value_of = |name: &str| self.variables.get(&name.to_lowercase()).cloned();
        let name = match args.args.first() {
            Some(ColumnarValue::Scalar(name)) => name.to_string(),
            Some(ColumnarValue::Array(names)) if self.name == "current_setting" => {
                let names = cast(names, &DataType::Utf8)?;
                let values = names.as_string::<i32>().iter().map(|name| value_of(name?));
                return Ok(ColumnarValue::Array(Arc::new(
                    values.collect::<StringArray>(),
                )));
            }
            _ => {
                return Err(DataFusionError::Plan(
                    "a parameter is named as a constant".into(),
                ));
            }
        };
        if self.name == "set_config" && MEANT.contains(&name.to_lowercase().as_str()) {
            return Err(DataFusionError::NotImplemented(
                "a function sets nothing here".into(),
            ));
        }
        let value = match (self.name, args.args.get(1)) {
            ("set_config", Some(ColumnarValue::Scalar(value))) => Some(value.to_string()),
            _ => value_of(&name),
        };
        Ok(ColumnarValue::Scalar(ScalarValue::Utf8(value)))
    }
}
