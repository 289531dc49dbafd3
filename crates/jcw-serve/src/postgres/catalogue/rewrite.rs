//! What clients write that the engine does not know, in its own words.

use super::functions::SUBSCRIPTS;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    ObjectName, Statement, VisitMut as _, VisitorMut,
};
use std::ops::ControlFlow;

/// The statement with `generate_subscripts(list, 1)` as the unnested places of
/// the list.
pub(super) fn rewritten(mut statement: Statement) -> Statement {
    let _ = statement.visit(&mut Rewriting);
    statement
}

struct Rewriting;

impl VisitorMut for Rewriting {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expression
            && is_named(function, "generate_subscripts")
        {
            let mut places = function.clone();
            places.name = ObjectName::from(vec![Ident::new(SUBSCRIPTS)]);
            if let FunctionArguments::List(list) = &mut places.args {
                list.args.truncate(1);
            }
            function.name = ObjectName::from(vec![Ident::new("unnest")]);
            if let FunctionArguments::List(list) = &mut function.args {
                let places = FunctionArgExpr::Expr(Expr::Function(places));
                list.args = vec![FunctionArg::Unnamed(places)];
            }
        }
        if let Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } = expression
        {
            by_name(left, right);
            by_name(right, left);
        }
        ControlFlow::Continue(())
    }
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
}
