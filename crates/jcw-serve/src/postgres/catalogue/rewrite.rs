//! What clients write that the engine does not know, in its own words.

use super::lists::{EXPANDED, NO_WORDS, PATTERN, SUBSCRIPTS, VECTOR};
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, Query, Select, SelectItem, SetExpr, Statement,
    TableFactor, Value, VisitMut as _, VisitorMut,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The statement with
/// - sets of rows in a select list (`generate_subscripts`, `_pg_expandarray`) as
///   unnested lists;
/// - `like ... escape` with the escape that the engine knows;
/// - `array(select ...)` and other subqueries that give one value as aggregates,
///   which may ask of the rows outside;
/// - functions of a type by name, and values without a name under different ones.
pub(super) fn rewritten(mut statement: Statement) -> Statement {
    let _ = statement.visit(&mut Rewriting);
    statement
}

struct Rewriting;

impl VisitorMut for Rewriting {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let mut body = query.body.as_mut();
        // The first select of a union names the columns.
        while let SetExpr::SetOperation { left, .. } = body {
            body = left;
        }
        if let SetExpr::Select(select) = body {
            told_apart(&mut select.projection);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        match expression {
            Expr::Function(function) => {
                if let Some(other) = called(function) {
                    *expression = other;
                }
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                if let Some(other) = field(root, access_chain) {
                    *expression = other;
                }
            }
            Expr::Subquery(query) => {
                if let Some(select) = plain(query)
                    && select.selection.is_some()
                {
                    aggregate(select, "first_value");
                }
            }
            Expr::Like {
                pattern,
                escape_char,
                ..
            }
            | Expr::ILike {
                pattern,
                escape_char,
                ..
            } => {
                if let Some(escape) = escape_char.take() {
                    let escape = Expr::Value(escape);
                    let whole = std::mem::replace(pattern.as_mut(), nothing());
                    **pattern = call(PATTERN, vec![whole, escape]);
                }
            }
            Expr::Cast {
                expr, data_type, ..
            } => {
                let kind = data_type.to_string().to_lowercase();
                let is_class = kind.rsplit('.').next() == Some("regclass");
                if is_class && is_placeholder(expr) {
                    let name = std::mem::replace(expr.as_mut(), nothing());
                    *expression = call("to_regclass", vec![name]);
                }
            }
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Eq,
                right,
            } => {
                by_name(left, right);
                by_name(right, left);
            }
            _ => (),
        }
        ControlFlow::Continue(())
    }
}

/// What stands for the call of a function.
fn called(function: &mut Function) -> Option<Expr> {
    let name = function.name.0.last()?.as_ident()?.value.to_lowercase();
    match name.as_str() {
        "generate_subscripts" => {
            let list = arguments(function)?.into_iter().next()?;
            Some(unnest(call(SUBSCRIPTS, vec![list])))
        }
        "_pg_expandarray" => Some(unnest(call(EXPANDED, arguments(function)?))),
        "array" => {
            let FunctionArguments::Subquery(query) = &mut function.args else {
                return None;
            };
            let Some(select) = plain(query).filter(|select| reads_tables(select)) else {
                return Some(call(NO_WORDS, Vec::new()));
            };
            aggregate(select, "array_agg");
            Some(Expr::Subquery(query.clone()))
        }
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
fn field(root: &mut Expr, chain: &[AccessExpr]) -> Option<Expr> {
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

/// The select of a query that gives values of one expression, as they come.
fn plain(query: &mut Query) -> Option<&mut Select> {
    let is_cut = query.limit_clause.is_some() || query.fetch.is_some() || query.with.is_some();
    let SetExpr::Select(select) = query.body.as_mut() else {
        return None;
    };
    let is_plain = !is_cut && select.distinct.is_none() && select.projection.len() == 1;
    let item = select.projection.first()?;
    let (SelectItem::UnnamedExpr(given) | SelectItem::ExprWithAlias { expr: given, .. }) = item
    else {
        return None;
    };
    (is_plain && !is_aggregate(given)).then_some(select)
}

fn is_aggregate(expression: &Expr) -> bool {
    let Expr::Function(function) = expression else {
        return false;
    };
    [
        "count",
        "max",
        "min",
        "sum",
        "array_agg",
        "string_agg",
        "first_value",
        "bool_and",
        "bool_or",
    ]
    .iter()
    .any(|name| is_named(function, name))
}

/// Whether all that it reads are tables, not lists of the rows outside.
fn reads_tables(select: &Select) -> bool {
    let is_table = |factor: &TableFactor| matches!(factor, TableFactor::Table { args: None, .. });
    !select.from.is_empty()
        && (select.from.iter()).all(|from| {
            is_table(&from.relation) && from.joins.iter().all(|join| is_table(&join.relation))
        })
}

fn aggregate(select: &mut Select, function: &str) {
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(given) | SelectItem::ExprWithAlias { expr: given, .. } = item
        {
            let one = std::mem::replace(given, nothing());
            *given = call(function, vec![one]);
        }
    }
}

/// Values without a name that read alike are given names.
fn told_apart(items: &mut [SelectItem]) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter_mut().enumerate() {
        if let SelectItem::UnnamedExpr(given) = item
            && !matches!(given, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
            && !seen.insert(given.to_string())
        {
            *item = SelectItem::ExprWithAlias {
                expr: given.clone(),
                alias: Ident::with_quote('"', format!("?column?{index}")),
            };
        }
    }
}

/// Lists of numbers that a Postgres keeps as words: `1 2 3`.
fn is_vector(list: &Expr) -> bool {
    let name = match list {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        _ => None,
    };
    name.is_some_and(|name| VECTORS.contains(&name.value.to_lowercase().as_str()))
}

const VECTORS: [&str; 5] = [
    "indkey",
    "indclass",
    "indcollation",
    "indoption",
    "proargtypes",
];

fn is_placeholder(expression: &Expr) -> bool {
    matches!(expression, Expr::Value(value) if matches!(value.value, Value::Placeholder(_)))
}

fn nothing() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}

fn unnest(list: Expr) -> Expr {
    call("unnest", vec![list])
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
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

/// A type's functions stand in `pg_type` by name, where some clients look for
/// numbers: `proc.oid = typ.typreceive` is `proc.proname = typ.typreceive`.
fn by_name(number: &mut Expr, function: &Expr) {
    let (Expr::CompoundIdentifier(number), Expr::CompoundIdentifier(function)) = (number, function)
    else {
        return;
    };
    let is_function =
        (function.last()).is_some_and(|name| FUNCTIONS.contains(&name.value.as_str()));
    if let Some(last) = number.last_mut()
        && is_function
        && last.value.eq_ignore_ascii_case("oid")
    {
        *last = Ident::new("proname");
    }
}

const FUNCTIONS: [&str; 4] = ["typinput", "typoutput", "typreceive", "typsend"];

fn is_named(function: &Function, name: &str) -> bool {
    let last = function.name.0.last().and_then(|part| part.as_ident());
    last.is_some_and(|ident| ident.value.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    #[test]
    fn functions_of_a_type_are_found_by_name() {
        let sql = "select 1 from t join p on p.oid = t.typreceive and p.oid = t.other";
        let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap();
        let text = rewritten(statements.remove(0)).to_string();
        assert!(
            text.ends_with("ON p.proname = t.typreceive AND p.oid = t.other"),
            "{text}"
        );
    }

    #[test]
    fn subscripts_are_unnested_places() {
        let sql = "select unnest(a.k), pg_catalog.generate_subscripts(a.k, 1) as ord from a";
        let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap();
        let text = rewritten(statements.remove(0)).to_string();
        assert_eq!(
            text,
            "SELECT unnest(a.k), unnest(pg_subscripts(a.k)) AS ord FROM a"
        );
    }

    #[test]
    fn what_the_engine_does_not_know_is_said_in_its_words() {
        for (sql, expected) in [
            (
                "select 1 from t where a not like $1 || '%' escape '/'",
                "SELECT 1 FROM t WHERE a NOT LIKE pg_like_pattern($1 || '%', '/')",
            ),
            (
                "select (_pg_expandarray(i.indkey)).n as s, _pg_expandarray(i.indkey) as k from i",
                "SELECT unnest(pg_subscripts(i.indkey)) AS s, unnest(pg_expanded(i.indkey)) AS k FROM i",
            ),
            (
                "select unnest(pg_index.indkey), (r.keys).x from r",
                "SELECT unnest(pg_vector(pg_index.indkey)), get_field(r.keys, 'x') FROM r",
            ),
            (
                "select array(select b.n from b where b.i = a.i) from a",
                "SELECT (SELECT array_agg(b.n) FROM b WHERE b.i = a.i) FROM a",
            ),
            (
                "select a.o || array(select 'x' || x from unnest(a.o) as x) from a",
                "SELECT a.o || pg_no_words() FROM a",
            ),
            (
                "select 1 from t where (select c.k = 'c' from c where c.oid = t.r) or t.r = 0",
                "SELECT 1 FROM t WHERE (SELECT first_value(c.k = 'c') FROM c WHERE c.oid = t.r) OR t.r = 0",
            ),
            (
                "select null, null, null from t",
                "SELECT NULL, NULL AS \"?column?1\", NULL AS \"?column?2\" FROM t",
            ),
            ("select cast($1 as regclass)", "SELECT to_regclass($1)"),
        ] {
            let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap();
            assert_eq!(rewritten(statements.remove(0)).to_string(), expected);
        }
    }
}
