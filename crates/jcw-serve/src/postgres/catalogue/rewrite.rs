//! What clients write that the engine does not know, in its own words.

use super::lists::{EXPANDED, NO_WORD, NO_WORDS, PATTERN, SERIES, SUBSCRIPTS, VECTOR};
use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName, Query, Select, SelectItem, SetExpr,
    Statement, Subscript, TableFactor, Value, Visit, VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The statement with
/// - sets of rows in a select list (`generate_subscripts`, `generate_series`,
///   `_pg_expandarray`) as unnested lists;
/// - `like ... escape` with the escape that the engine knows;
/// - `array(select ...)` and other subqueries that give one value as aggregates,
///   which may ask of the rows outside;
/// - functions of a type by name, and values without a name under different ones.
pub(super) fn rewritten(mut statement: Statement) -> Statement {
    let _ = VisitMut::visit(&mut statement, &mut Rewriting);
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
            for item in &mut select.projection {
                let _ = VisitMut::visit(item, &mut Counting);
            }
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
                    if let Some(outside) = taken_out(select) {
                        *expression = case(outside, expression.clone());
                    }
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
            Expr::Cast { data_type, .. } => {
                let kind = data_type.to_string().to_lowercase();
                if ["name", "pg_catalog.name"].contains(&kind.as_str()) {
                    *data_type = DataType::Text;
                }
            }
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Eq,
                right,
            } => {
                by_name(left, right);
                by_name(right, left);
                by_truth(left, right);
            }
            _ => (),
        }
        ControlFlow::Continue(())
    }
}

/// `exists (...)` as a value is a count above nought.
struct Counting;

impl VisitorMut for Counting {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        if let Expr::Exists { subquery, negated } = expression
            && let SetExpr::Select(select) = subquery.body.as_mut()
        {
            let one = Expr::Value(Value::Number("1".into(), false).with_empty_span());
            select.projection = vec![SelectItem::UnnamedExpr(call("count", vec![one]))];
            let nought = Expr::Value(Value::Number("0".into(), false).with_empty_span());
            let op = match negated {
                true => BinaryOperator::Eq,
                false => BinaryOperator::Gt,
            };
            *expression = Expr::Nested(Box::new(Expr::BinaryOp {
                left: Box::new(Expr::Subquery(subquery.clone())),
                op,
                right: Box::new(nought),
            }));
        }
        ControlFlow::Continue(())
    }
}

/// The same text, with names of tables and functions as types already what they
/// stand for: what reads the text for us does not take them as parameters, and
/// looks for functions by numbers that stand in `pg_type` by name.
pub(super) fn named(sql: &str) -> Option<String> {
    let small = sql.to_lowercase();
    if !(small.contains("regproc") || (small.contains("regclass") && small.contains('$'))) {
        return None;
    }
    let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).ok()?;
    let mut naming = Naming(false);
    let _ = VisitMut::visit(&mut statements, &mut naming);
    let text: Vec<String> = statements.iter().map(ToString::to_string).collect();
    naming.0.then(|| text.join("; "))
}

/// Whether anything was found.
struct Naming(bool);

impl VisitorMut for Naming {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        let Expr::Cast {
            expr, data_type, ..
        } = expression
        else {
            return ControlFlow::Continue(());
        };
        let kind = data_type.to_string().to_lowercase();
        let made = match (kind.rsplit('.').next(), expr.as_ref()) {
            (Some("regclass"), inner) if is_bound(inner) => {
                call("to_regclass", vec![expr.as_ref().clone()])
            }
            (Some("regproc"), Expr::Value(value)) => match &value.value {
                Value::SingleQuotedString(name) => {
                    let name = name.rsplit('.').next().unwrap_or(name).to_owned();
                    Expr::Value(Value::SingleQuotedString(name).with_empty_span())
                }
                _ => return ControlFlow::Continue(()),
            },
            _ => return ControlFlow::Continue(()),
        };
        self.0 = true;
        *expression = made;
        ControlFlow::Continue(())
    }
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

/// A parameter, with or without its type.
fn is_bound(expression: &Expr) -> bool {
    match expression {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => is_bound(expr),
        Expr::Value(value) => matches!(value.value, Value::Placeholder(_)),
        _ => false,
    }
}

/// Takes out of a subquery the conditions that are of the rows outside alone.
fn taken_out(select: &mut Select) -> Option<Expr> {
    let mut inner = BTreeSet::new();
    for from in &select.from {
        for factor in [&from.relation]
            .into_iter()
            .chain(from.joins.iter().map(|join| &join.relation))
        {
            match factor {
                TableFactor::Table {
                    alias: Some(alias), ..
                }
                | TableFactor::Derived {
                    alias: Some(alias), ..
                } => inner.insert(alias.name.value.to_lowercase()),
                TableFactor::Table { name, .. } => {
                    let name = name.0.last()?.as_ident()?.value.to_lowercase();
                    inner.insert(name)
                }
                _ => return None,
            };
        }
    }
    let (mut outside, mut kept) = (None, None);
    for condition in conditions(select.selection.take()?) {
        let of = match is_outside(&condition, &inner) {
            true => &mut outside,
            false => &mut kept,
        };
        *of = Some(match of.take() {
            Some(before) => Expr::BinaryOp {
                left: Box::new(before),
                op: BinaryOperator::And,
                right: Box::new(condition),
            },
            None => condition,
        });
    }
    select.selection = kept;
    outside
}

fn conditions(expression: Expr) -> Vec<Expr> {
    match expression {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => {
            let mut all = conditions(*left);
            all.extend(conditions(*right));
            all
        }
        other => vec![other],
    }
}

/// Whether all columns of a condition are of tables that are not these.
fn is_outside(condition: &Expr, inner: &BTreeSet<String>) -> bool {
    struct Columns<'i>(&'i BTreeSet<String>, usize, bool);
    impl Visitor for Columns<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
            match expression {
                Expr::Identifier(_) | Expr::Subquery(_) | Expr::Exists { .. } => self.2 = false,
                Expr::CompoundIdentifier(names) => {
                    self.1 += 1;
                    let table = names.len().checked_sub(2).and_then(|at| names.get(at));
                    let is_inner =
                        table.is_none_or(|table| self.0.contains(&table.value.to_lowercase()));
                    self.2 &= !is_inner;
                }
                _ => (),
            }
            ControlFlow::Continue(())
        }
    }
    let mut columns = Columns(inner, 0, true);
    let _ = Visit::visit(condition, &mut columns);
    columns.1 > 0 && columns.2
}

/// A value where a condition holds, and nothing else.
fn case(condition: Expr, value: Expr) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen {
            condition,
            result: value,
        }],
        else_result: None,
    }
}

/// What stands for the call of a function.
fn called(function: &mut Function) -> Option<Expr> {
    let name = function.name.0.last()?.as_ident()?.value.to_lowercase();
    match name.as_str() {
        "generate_subscripts" => Some(unnest(call(SUBSCRIPTS, arguments(function)?))),
        "generate_series" => Some(unnest(call(SERIES, arguments(function)?))),
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
fn field(root: &mut Expr, chain: &[AccessExpr]) -> Option<Expr> {
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

/// `indisprimary = 't'` is `indisprimary = true`.
fn by_truth(fact: &Expr, word: &mut Expr) {
    let name = last(fact).map(|name| name.value.to_lowercase());
    let is_fact = name.is_some_and(|name| FACTS.iter().any(|fact| name.starts_with(fact)));
    let Expr::Value(value) = word else {
        return;
    };
    if let (true, Value::SingleQuotedString(text)) = (is_fact, &value.value) {
        let truth = text.starts_with(['t', 'T', '1']);
        value.value = Value::Boolean(truth);
    }
}

/// How columns that are true or false begin.
const FACTS: [&str; 4] = ["indis", "attis", "relhas", "relis"];

/// Lists of numbers that a Postgres keeps as words: `1 2 3`.
fn is_vector(list: &Expr) -> bool {
    last(list).is_some_and(|name| VECTORS.contains(&name.value.to_lowercase().as_str()))
}

/// The last word of a name.
fn last(name: &Expr) -> Option<&Ident> {
    match name {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        _ => None,
    }
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
            "SELECT unnest(a.k), unnest(pg_subscripts(a.k, 1)) AS ord FROM a"
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
            (
                "select 1 from i where i.indisprimary = 't' and a = i.indkey[b.n - 1]",
                "SELECT 1 FROM i WHERE i.indisprimary = true AND a = array_element(pg_vector(i.indkey), (b.n - 1) + 1)",
            ),
            (
                "select generate_series(array_lower(k, 1), array_upper(k, 1)) as i from c",
                "SELECT unnest(pg_series(array_lower(k, 1), array_upper(k, 1))) AS i FROM c",
            ),
            (
                "select 'a'::name, tmp.i_indoption[tmp.p - 1], json_build_object('a', $1, b = $2::text) from tmp",
                "SELECT 'a'::TEXT, array_element(pg_vector(tmp.i_indoption), (tmp.p - 1) + 1), pg_no_word($1, $2) FROM tmp",
            ),
            (
                "select (select d.a from d where b.has and d.n = b.n) from b",
                "SELECT CASE WHEN b.has THEN (SELECT first_value(d.a) FROM d WHERE d.n = b.n) END FROM b",
            ),
            (
                "select not i.a and exists (select 1 from c where c.i = i.i) from i",
                "SELECT NOT i.a AND ((SELECT count(1) FROM c WHERE c.i = i.i) > 0) FROM i",
            ),
        ] {
            let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap();
            assert_eq!(rewritten(statements.remove(0)).to_string(), expected);
        }
    }

    #[test]
    fn names_of_tables_and_functions_are_found_before_anything_else() {
        let found = named(
            "select 1 from d where c = cast($1::text as regclass) and a = 'pg_catalog.array_in'::regproc",
        );
        assert_eq!(
            found.unwrap(),
            "SELECT 1 FROM d WHERE c = to_regclass($1::TEXT) AND a = 'array_in'"
        );
        assert_eq!(named("select 'pg_class'::regclass"), None);
    }
}
