//! What clients write that the engine does not know, in its own words.

mod call;
mod emptied;
mod named;
mod subquery;

pub(super) use named::{Names, named};

use super::lists::PATTERN;
use super::nothing;
use call::{call, called, field, last};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, Ident, Query, Select, SelectItem, SetExpr, Statement,
    TableFactor, Value, VisitMut, VisitorMut,
};
use emptied::emptied;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use subquery::{Counting, case, first};

/// The statement with
/// - sets of rows in a select list (`generate_subscripts`, `generate_series`,
///   `_pg_expandarray`) as unnested lists;
/// - `like ... escape` with the escape that the engine knows;
/// - `array(select ...)` and other subqueries that give one value as aggregates,
///   which may ask of the rows outside;
/// - lists of what a warehouse never has as empty ones;
/// - the table that a row is of (`tableoid`) by its name;
/// - functions of a type by name, and values without a name under different ones.
pub(super) fn rewritten(mut statement: Statement) -> Statement {
    let _ = VisitMut::visit(&mut statement, &mut Rewriting::default());
    statement
}

/// With the tables of each select around, by their names there.
#[derive(Default)]
struct Rewriting {
    tables: Vec<BTreeMap<String, String>>,
}

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
        emptied(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let tables = select.from.iter().flat_map(|from| {
            let joined = from.joins.iter().map(|join| &join.relation);
            joined.chain([&from.relation])
        });
        self.tables.push(tables.filter_map(table_of).collect());
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &mut Select) -> ControlFlow<()> {
        self.tables.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args, .. } = factor
            && let Some(name) = name.0.last().and_then(|part| part.as_ident())
            && nothing::FUNCTIONS.contains(&name.value.to_lowercase().as_str())
        {
            *args = None;
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
                if let Some(outside) = first(query) {
                    *expression = case(outside, expression.clone());
                }
            }
            Expr::CompoundIdentifier(names) => {
                if let Some(table) = self.table(names) {
                    let table = Value::SingleQuotedString(table).with_empty_span();
                    *expression = call("to_regclass", vec![Expr::Value(table)]);
                } else if let Some(name) = names.last_mut()
                    && name.value == "colliculocale"
                {
                    // So called before Postgres 17.
                    *name = Ident::new("colllocale");
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
                    let whole = std::mem::replace(pattern.as_mut(), call::nothing());
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

impl Rewriting {
    /// The table that `alias.tableoid` names.
    fn table(&self, names: &[Ident]) -> Option<String> {
        let [.., alias, column] = names else {
            return None;
        };
        if !column.value.eq_ignore_ascii_case("tableoid") {
            return None;
        }
        let alias = alias.value.to_lowercase();
        let mut around = self.tables.iter().rev();
        around.find_map(|tables| tables.get(&alias)).cloned()
    }
}

/// A table by its name in a select.
fn table_of(factor: &TableFactor) -> Option<(String, String)> {
    let TableFactor::Table { name, alias, .. } = factor else {
        return None;
    };
    let name = name.0.last()?.as_ident()?.value.to_lowercase();
    let alias = match alias {
        Some(alias) => alias.name.value.to_lowercase(),
        None => name.clone(),
    };
    Some((alias, name))
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

const FUNCTIONS: [&str; 5] = ["typinput", "typoutput", "typreceive", "typsend", "amproc"];

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
                "select a.o, array(select b.n from b where b.i = a.i order by b.k desc, 1) from a",
                "SELECT a.o, (SELECT array_agg(b.n ORDER BY b.k DESC, b.n) FROM b WHERE b.i = a.i) FROM a",
            ),
            (
                "select p.a, f(p.b) as b, 'x' from pg_catalog.pg_policy p left join c on c.i = p.i where g(p.i) order by p.z",
                "SELECT NULL AS a, NULL AS b, NULL WHERE false",
            ),
            (
                "select array(select p.a from pg_policy p where p.i = c.i), count(*) from pg_class c left join pg_policy p on true",
                "SELECT pg_no_words(), count(*) FROM pg_class c LEFT JOIN pg_policy p ON true",
            ),
            (
                "select count(*) from pg_policy",
                "SELECT count(*) FROM pg_policy",
            ),
            (
                "select p.a from pg_policy p where p.i = $1",
                "SELECT p.a FROM pg_policy p WHERE p.i = $1",
            ),
            (
                "select d.x from pg_description d join pg_language l on d.classoid = l.tableoid",
                "SELECT d.x FROM pg_description d JOIN pg_language l ON d.classoid = to_regclass('pg_language')",
            ),
            (
                "select s.n from pg_class c, lateral (select count(1) as n from pg_partition_tree(c.oid) p) s",
                "SELECT s.n FROM pg_class c, LATERAL (SELECT count(1) AS n FROM pg_partition_tree p) s",
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
}
