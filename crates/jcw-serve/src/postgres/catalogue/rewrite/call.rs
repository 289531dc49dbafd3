//! A call is a function with its arguments, or a part taken of what it gives:
//! `generate_series(1, 3)`, `(_pg_expandarray(list)).n`, `list[2]`.

use super::super::lists::{EXPANDED, NO_WORD, NO_WORDS, SERIES, SUBSCRIPTS, VECTOR};
use super::emptied::is_empty;
use super::subquery::{aggregate, plain, reads_tables};
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, Select, Subscript, Value, Visit, Visitor,
};
use std::ops::ControlFlow;

/// What stands for the call of a function.
pub(super) fn called(function: &mut Function) -> Option<Expr> {
    let name = function.name.0.last()?.as_ident()?.value.to_lowercase();
    match name.as_str() {
        "generate_subscripts" => Some(unnest(call(SUBSCRIPTS, arguments(function)?))),
        "generate_series" => Some(unnest(call(SERIES, arguments(function)?))),
        "_pg_expandarray" => Some(unnest(call(EXPANDED, arguments(function)?))),
        "array" => {
            let FunctionArguments::Subquery(query) = &mut function.args else {
                return None;
            };
            let has_rows = |select: &&mut Select| reads_tables(select) && !is_empty(select);
            if plain(query).filter(has_rows).is_none() {
                return Some(call(NO_WORDS, Vec::new()));
            }
            aggregate(query, "array_agg");
            Some(Expr::Subquery(query.clone()))
        }
        // Nobody's column makes itself.
        "json_build_object" => Some(call(NO_WORD, parameters(&arguments(function)?))),
        "unnest" | "array_contains" => {
            if let FunctionArguments::List(list) = &mut function.args
                && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(list))) =
                    list.args.first_mut()
                && is_vector(list)
            {
                let vector = std::mem::replace(list, nothing());
                *list = call(VECTOR, vec![vector]);
            }
            None
        }
        _ => None,
    }
}

/// `(_pg_expandarray(list)).n`, and `(row).x` of a column that is a row.
pub(super) fn field(root: &mut Expr, chain: &[AccessExpr]) -> Option<Expr> {
    // Such a list begins at nought.
    if let [
        names @ ..,
        AccessExpr::Subscript(Subscript::Index { index }),
    ] = chain
        && let Some(root) = name_of(root, names)
        && is_vector(&root)
    {
        let next = Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(index.clone()))),
            op: BinaryOperator::Plus,
            right: Box::new(Expr::Value(
                Value::Number("1".into(), false).with_empty_span(),
            )),
        };
        let list = call(VECTOR, vec![root]);
        return Some(call("array_element", vec![list, next]));
    }
    let [AccessExpr::Dot(Expr::Identifier(name))] = chain else {
        return None;
    };
    let mut of = root;
    while let Expr::Nested(inner) = of {
        of = inner;
    }
    if let Expr::Function(function) = of
        && is_named(function, "_pg_expandarray")
    {
        let list = arguments(function)?;
        let part = if name.value == "n" {
            SUBSCRIPTS
        } else {
            VECTOR
        };
        return Some(unnest(call(part, list)));
    }
    let word = Value::SingleQuotedString(name.value.clone());
    let word = Expr::Value(word.with_empty_span());
    Some(call("get_field", vec![of.clone(), word]))
}

/// `a.b` of `a` and `.b`.
fn name_of(root: &Expr, names: &[AccessExpr]) -> Option<Expr> {
    let mut all = match root {
        Expr::Identifier(name) => vec![name.clone()],
        Expr::CompoundIdentifier(names) => names.clone(),
        _ => return None,
    };
    for name in names {
        match name {
            AccessExpr::Dot(Expr::Identifier(name)) => all.push(name.clone()),
            _ => return None,
        }
    }
    Some(Expr::CompoundIdentifier(all))
}

/// The parameters in these expressions: where those go, they stay, for there may
/// be no gap between their numbers.
fn parameters(expressions: &[Expr]) -> Vec<Expr> {
    struct Parameters(Vec<Expr>);
    impl Visitor for Parameters {
        type Break = ();

        fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
            if let Expr::Value(value) = expression
                && matches!(value.value, Value::Placeholder(_))
            {
                self.0.push(expression.clone());
            }
            ControlFlow::Continue(())
        }
    }
    let mut parameters = Parameters(Vec::new());
    for expression in expressions {
        let _ = Visit::visit(expression, &mut parameters);
    }
    parameters.0
}

/// Lists of numbers that a Postgres keeps as words: `1 2 3`.
fn is_vector(list: &Expr) -> bool {
    last(list).is_some_and(|name| VECTORS.contains(&name.value.to_lowercase().as_str()))
}

const VECTORS: [&str; 7] = [
    "indkey",
    "indclass",
    "indcollation",
    "indoption",
    "i_indoption",
    "polroles",
    "proargtypes",
];

/// The last word of a name.
pub(super) fn last(name: &Expr) -> Option<&Ident> {
    match name {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        _ => None,
    }
}

pub(super) fn nothing() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}

fn unnest(list: Expr) -> Expr {
    call("unnest", vec![list])
}

pub(super) fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let arguments = arguments
        .into_iter()
        .map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments.collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn arguments(function: &Function) -> Option<Vec<Expr>> {
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    let arguments = list.args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => Some(argument.clone()),
        _ => None,
    });
    arguments.collect()
}

pub(super) fn is_named(function: &Function, name: &str) -> bool {
    let last = function.name.0.last().and_then(|part| part.as_ident());
    last.is_some_and(|ident| ident.value.eq_ignore_ascii_case(name))
}
