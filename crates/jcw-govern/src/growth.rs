//! Growth: how much text, bytes or lists one call of a function may make of one
//! batch. The engine counts what sorts, joins and aggregates hold, but not what
//! expressions make, and each of a dozen subqueries may double what the one below
//! has made. So every function whose value has no fixed width is [`Bounded`]: what
//! it can make at most is known from its input before it is called, it is called
//! for fewer rows at once where that is much, and what it has made is counted.
//!
//! What one call may make is the question's [`Room`], which all its calls share:
//! more calls have less each, and smaller batches. Not counted is what only copies
//! (`case`, casts, joins, `unnest`).

use crate::error::{GovernError, Kind, Result as Governed};
use crate::functions::Named as _;
use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::compute::concat;
use arrow::datatypes::DataType;
use datafusion::common::config::{ConfigExtension, ConfigOptions};
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, ScalarValue, extensions_options};
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature,
};
use std::sync::Arc;

/// Most bytes that one call makes of a batch, however few calls there are.
const CALL: usize = 16 << 20;

/// Least, however many.
const LEAST: usize = 64 << 10;

/// Most bytes of a value that hangs on no row: it may stand beside every row.
const CONSTANT: usize = 128 << 10;

/// Most bytes of all constants of a query.
const CONSTANTS: usize = 1 << 20;

/// Bytes that all constants may have in one batch.
const BESIDE_ROWS: usize = 32 << 20;

/// Bytes that a value may have on average before batches become smaller.
const USUAL: usize = 2 << 10;

/// Rows of a batch.
const ROWS: usize = 8_192;

/// What is said when something becomes too long.
pub(crate) const TOO_LONG: &str = "a text or list becomes too long";

extensions_options! {
    /// What one call may make of one batch, in bytes.
    pub(crate) struct Room {
        pub bytes: usize, default = CALL
    }
}

impl ConfigExtension for Room {
    const PREFIX: &'static str = "jcw_room";
}

/// Gives every call of a plan its share of `memory`, and batches so many rows that
/// the share is enough for what is usual.
///
/// # Errors
/// [`Kind::Limit`] when the plan's constants are too long together.
pub(crate) fn share(plan: &LogicalPlan, state: &mut SessionState, memory: u64) -> Governed<()> {
    let (mut calls, mut constants) = (0, 0);
    let _ = plan.apply_with_subqueries(|node| {
        if matches!(node, LogicalPlan::Values(_)) {
            return Ok(TreeNodeRecursion::Continue);
        }
        node.apply_expressions(|expression| {
            expression.apply(|part| {
                match part {
                    Expr::ScalarFunction(_) | Expr::Case(_) | Expr::Cast(_) | Expr::TryCast(_) => {
                        calls += 1;
                    }
                    Expr::Literal(value, _) => constants += size_of(value),
                    Expr::InList(_) => return Ok(TreeNodeRecursion::Jump),
                    _ => (),
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    if constants > CONSTANTS {
        let message = "the constants of the query become too long; ask in parts";
        return Err(GovernError::new(Kind::Limit, message));
    }
    let memory = usize::try_from(memory).unwrap_or(usize::MAX) / 4;
    let at_once = calls.max(1) * state.config().target_partitions().max(1);
    let bytes = (memory / at_once).clamp(LEAST, CALL);
    let rows = (bytes / USUAL).min(BESIDE_ROWS / constants.max(1));
    let config = state.config_mut();
    config.options_mut().extensions.insert(Room { bytes });
    *config = config.clone().with_batch_size(rows.clamp(32, ROWS));
    Ok(())
}

/// The same plan, calling the state's functions where the planner took the
/// engine's own, and a function for `||`.
///
/// # Errors
/// When it cannot be made, which is our fault.
pub(crate) fn bounded(plan: LogicalPlan, state: &SessionState) -> Result<LogicalPlan> {
    let known = state.scalar_functions();
    let of = |name: &str| known.get(name).cloned();
    let rewritten = plan.transform_up_with_subqueries(|node| {
        let names = NamePreserver::new(&node);
        let node = node.map_expressions(|expression| {
            let name = names.save(&expression);
            let expression = expression.transform_up(|part| {
                Ok(match part {
                    Expr::ScalarFunction(call) => match of(call.func.called()) {
                        Some(ours) if is_engines(&ours, &call.func) => {
                            let call = ScalarFunction::new_udf(ours, call.args);
                            Transformed::yes(Expr::ScalarFunction(call))
                        }
                        _ => Transformed::no(Expr::ScalarFunction(call)),
                    },
                    Expr::BinaryExpr(both) if both.op == Operator::StringConcat => {
                        match of(JOINED) {
                            Some(joined) => {
                                let args = vec![*both.left, *both.right];
                                let call = ScalarFunction::new_udf(joined, args);
                                Transformed::yes(Expr::ScalarFunction(call))
                            }
                            None => Transformed::no(Expr::BinaryExpr(both)),
                        }
                    }
                    other => Transformed::no(other),
                })
            })?;
            Ok(match expression.transformed {
                true => expression.update_data(|expression| name.restore(expression)),
                false => expression,
            })
        })?;
        match node.transformed {
            true => node.map_data(LogicalPlan::recompute_schema),
            false => Ok(node),
        }
    });
    Ok(rewritten?.data)
}

/// Whether `called` is what `ours` is around.
fn is_engines(ours: &ScalarUDF, called: &ScalarUDF) -> bool {
    let ours: &dyn std::any::Any = ours.inner().as_ref();
    ours.downcast_ref::<Bounded>()
        .is_some_and(|bounded| *bounded.inner == *called)
}

/// A function whose value cannot grow without a bound.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bounded {
    inner: Arc<ScalarUDF>,
}

/// How long the value of a call may be, as its arguments are.
#[derive(Debug, Clone, Copy)]
enum Growth {
    /// About as long as all of them.
    Sum,
    /// So many times as long.
    Times(usize),
    /// As the first, with one of these in every place of it.
    Product(&'static [usize]),
    /// As all of them, with the first between any two.
    Between,
    /// As the longest, for each of them.
    Zipped,
}

impl Growth {
    /// Whatever is not known better: a number in place of a letter, or its name.
    const USUAL: Growth = Growth::Times(32);

    fn of(function: &str) -> Growth {
        match function {
            "replace" | "regexp_replace" | "array_replace" | "array_replace_n"
            | "array_replace_all" => Growth::Product(&[2]),
            "regexp_match" => Growth::Product(&[1]),
            "array_to_string" => Growth::Product(&[1, 2]),
            "concat_ws" => Growth::Between,
            "arrays_zip" => Growth::Zipped,
            "concat" | "array_concat" | "array_append" | "array_prepend" | "array_union"
            | "make_array" | "map" | "overlay" | "greatest" | "least" | "left" | "right"
            | "substr" | "btrim" | "ltrim" | "rtrim" | "reverse" | "split_part"
            | "substr_index" | "array_slice" | "array_element" | JOINED => Growth::Sum,
            "upper" | "lower" | "initcap" | "translate" | "encode" | "decode" => Growth::Times(4),
            _ => Growth::USUAL,
        }
    }

    /// Most bytes of the value.
    fn most(self, args: &[ColumnarValue], rows: usize) -> usize {
        let sizes: Vec<usize> = args.iter().map(|arg| size(arg, rows)).collect();
        let sum = (sizes.iter()).fold(rows.saturating_mul(16), |sum, size| {
            sum.saturating_add(*size)
        });
        let each = |index: usize| match args.get(index) {
            Some(ColumnarValue::Scalar(value)) => size_of(value),
            Some(ColumnarValue::Array(array)) => bytes(array),
            None => 0,
        };
        match self {
            Growth::Sum => sum,
            Growth::Times(times) => sum.saturating_mul(times),
            Growth::Product(of) => {
                let within = of.iter().map(|index| each(*index)).sum::<usize>();
                let places = sizes.first().map_or(0, |size| size.saturating_mul(2));
                places.saturating_add(rows).saturating_mul(within + 2)
            }
            Growth::Between => {
                sum.saturating_add(each(0).saturating_mul(args.len()).saturating_mul(rows))
            }
            Growth::Zipped => sum.saturating_mul(16).saturating_mul(args.len()),
        }
    }
}

impl Bounded {
    /// Around a function.
    pub(crate) fn around(inner: Arc<ScalarUDF>) -> Arc<ScalarUDF> {
        Arc::new(ScalarUDF::new_from_impl(Bounded { inner }))
    }

    fn call(
        &self,
        args: ScalarFunctionArgs,
        most: usize,
        made: &mut usize,
    ) -> Result<Vec<ArrayRef>> {
        let (rows, width) = (args.number_rows, most - *made);
        let expected = Growth::of(self.name()).most(&args.args, rows);
        // What one row makes is often less than it could.
        let fits = expected <= width || (rows == 1 && expected / 4 <= most);
        if fits {
            let array = self.inner.invoke_with_args(args)?.into_array(rows)?;
            *made += bytes(&array);
            return match *made > most {
                true => Err(too_long()),
                false => Ok(vec![array]),
            };
        }
        if rows <= 1 {
            return Err(too_long());
        }
        let half = rows / 2;
        let mut all = self.call(slice(&args, 0, half), most, made)?;
        all.extend(self.call(slice(&args, half, rows - half), most, made)?);
        Ok(all)
    }
}

fn slice(args: &ScalarFunctionArgs, from: usize, rows: usize) -> ScalarFunctionArgs {
    let sliced = args.args.iter().map(|arg| match arg {
        ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(from, rows)),
        scalar => scalar.clone(),
    });
    ScalarFunctionArgs {
        args: sliced.collect(),
        arg_fields: args.arg_fields.clone(),
        number_rows: rows,
        return_field: args.return_field.clone(),
        config_options: args.config_options.clone(),
    }
}

fn too_long() -> DataFusionError {
    DataFusionError::ResourcesExhausted(TOO_LONG.to_owned())
}

/// Whether values of a type may be of any length.
fn is_long(kind: &DataType) -> bool {
    !kind.is_primitive() && !matches!(kind, DataType::Boolean | DataType::Null)
}

fn size(value: &ColumnarValue, rows: usize) -> usize {
    match value {
        ColumnarValue::Scalar(value) => size_of(value).saturating_mul(rows),
        ColumnarValue::Array(array) => bytes(array),
    }
}

/// Bytes of a single value, as far as they are its own.
fn size_of(value: &ScalarValue) -> usize {
    match value {
        _ if !is_long(&value.data_type()) => 8,
        _ => match (value.try_as_str(), value) {
            (Some(text), _) => text.map_or(0, str::len),
            (None, ScalarValue::Binary(bytes) | ScalarValue::LargeBinary(bytes)) => {
                bytes.as_ref().map_or(0, Vec::len)
            }
            (None, other) => other.to_array().map_or(usize::MAX, |array| bytes(&array)),
        },
    }
}

/// Bytes of the rows alone.
fn bytes(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::Utf8View => array.len() * 16 + array.as_string_view().total_buffer_bytes_used(),
        DataType::BinaryView => array.len() * 16 + array.as_binary_view().total_buffer_bytes_used(),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let ends = (list.offsets().first(), list.offsets().last());
            let (Some(from), Some(to)) = ends else {
                return 0;
            };
            let (from, to) = (*from as usize, *to as usize);
            array.len() * 4 + bytes(&list.values().slice(from, to - from))
        }
        DataType::Struct(_) => {
            let columns = array.as_struct().columns().iter();
            columns.map(bytes).sum()
        }
        _ => {
            let sliced = array.to_data().get_slice_memory_size();
            sliced.unwrap_or_else(|_| array.get_array_memory_size())
        }
    }
}

fn room(options: &ConfigOptions) -> usize {
    options
        .extensions
        .get::<Room>()
        .map_or(CALL, |room| room.bytes)
}

impl ScalarUDFImpl for Bounded {
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if !is_long(args.return_field.data_type()) {
            return self.inner.invoke_with_args(args);
        }
        let is_constant = (args.args.iter()).all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let room = room(&args.config_options);
        if is_constant {
            let args = ScalarFunctionArgs {
                number_rows: 1,
                ..args
            };
            let made = self.call(args, CONSTANT.min(room), &mut 0)?;
            let value = made.first().ok_or_else(too_long)?;
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                value, 0,
            )?));
        }
        let made = self.call(args, room, &mut 0)?;
        match made.as_slice() {
            [one] => Ok(ColumnarValue::Array(one.clone())),
            parts => {
                let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
                Ok(ColumnarValue::Array(concat(&parts)?))
            }
        }
    }

    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.inner.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, kinds: &[DataType]) -> Result<DataType> {
        self.inner.return_type(kinds)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<arrow::datatypes::FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, kinds: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(kinds)
    }

    fn is_strict(&self) -> bool {
        self.inner.is_strict()
    }
}

/// The name of the function for `||`.
const JOINED: &str = "text_joined";

/// `||` of texts: nothing when one of them is nothing.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Joined {
    signature: Signature,
}

/// See [`Joined`].
pub(crate) fn joined() -> Arc<ScalarUDF> {
    use datafusion::logical_expr::Volatility;
    Arc::new(ScalarUDF::new_from_impl(Joined {
        signature: Signature::user_defined(Volatility::Immutable),
    }))
}

fn coercer<'k>(
    kinds: &'k [DataType],
) -> Result<datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer<'k>> {
    use datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer;
    match kinds {
        [left, right] => Ok(BinaryTypeCoercer::new(left, &Operator::StringConcat, right)),
        _ => datafusion::common::plan_err!("two texts are joined"),
    }
}

impl ScalarUDFImpl for Joined {
    fn name(&self) -> &str {
        JOINED
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, kinds: &[DataType]) -> Result<Vec<DataType>> {
        let (left, right) = coercer(kinds)?.get_input_types()?;
        Ok(vec![left, right])
    }

    fn return_type(&self, kinds: &[DataType]) -> Result<DataType> {
        coercer(kinds)?.get_result_type()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [left, right] = arrays.as_slice() else {
            return datafusion::common::exec_err!("two texts are joined");
        };
        let joined = arrow::compute::kernels::concat_elements::concat_elements_dyn(left, right);
        Ok(ColumnarValue::Array(joined?))
    }
}
