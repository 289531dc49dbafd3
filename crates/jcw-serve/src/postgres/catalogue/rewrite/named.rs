//! A name as a type: `'published.t'::regclass`, `'array_in'::regproc`. What reads
//! the text for us takes such names another way, so they become what they stand for
//! before it sees them.

use super::call::call;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, ObjectNamePart, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use jcw_govern::{GovernError, Kind};
use std::ops::ControlFlow;

/// What names stand for.
pub(in crate::postgres::catalogue) trait Names {
    /// Whether a Postgres has a function of this name.
    fn has_function(&self, name: &str) -> bool;
    /// Whether there is such a table that may be seen.
    fn has_table(&self, name: &str) -> bool;
}

/// The same text, with names of tables and functions as types already what they
/// stand for: what reads the text for us does not take them as parameters, and
/// looks for functions by numbers that stand in `pg_type` by name.
///
/// # Errors
/// When the number of what is not there is asked for, or of a function: its source
/// is nobody's to read here.
pub(in crate::postgres::catalogue) fn named(
    sql: &str,
    names: &impl Names,
) -> Result<Option<String>, GovernError> {
    let small = sql.to_lowercase();
    if !(small.contains("regproc") || small.contains("regclass")) {
        return Ok(None);
    }
    let Ok(mut statements) = Parser::parse_sql(&PostgreSqlDialect {}, sql) else {
        return Ok(None);
    };
    let mut naming = Naming {
        names,
        has_found: false,
    };
    if let ControlFlow::Break(refused) = VisitMut::visit(&mut statements, &mut naming) {
        return Err(refused);
    }
    let text: Vec<String> = statements.iter().map(ToString::to_string).collect();
    Ok(naming.has_found.then(|| text.join("; ")))
}

struct Naming<'n, N> {
    names: &'n N,
    has_found: bool,
}

impl<N: Names> VisitorMut for Naming<'_, N> {
    type Break = GovernError;

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<GovernError> {
        let Expr::Cast {
            expr, data_type, ..
        } = expression
        else {
            return ControlFlow::Continue(());
        };
        let made = match (word(data_type).as_str(), expr.as_ref()) {
            ("oid", inner) => return self.numbered(inner),
            ("regclass", inner) if is_bound(inner) || is_composed(inner) => {
                call("to_regclass", vec![expr.as_ref().clone()])
            }
            ("regproc" | "regprocedure", Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => {
                expr.as_ref().clone()
            }
            ("regproc", inner) => match text(inner) {
                Some(name) => {
                    let name = name.rsplit('.').next().unwrap_or(name).to_owned();
                    Expr::Value(Value::SingleQuotedString(name).with_empty_span())
                }
                None => return ControlFlow::Continue(()),
            },
            _ => return ControlFlow::Continue(()),
        };
        self.has_found = true;
        *expression = made;
        ControlFlow::Continue(())
    }
}

impl<N: Names> Naming<'_, N> {
    /// `'name'::regproc::oid`: psql asks so before it shows a function or a view.
    fn numbered(&self, inner: &Expr) -> ControlFlow<GovernError> {
        let Expr::Cast {
            expr, data_type, ..
        } = inner
        else {
            return ControlFlow::Continue(());
        };
        let Some(name) = text(expr) else {
            return ControlFlow::Continue(());
        };
        let plain = name.to_lowercase().replace('"', "");
        let plain = plain.strip_prefix("pg_catalog.").unwrap_or(&plain);
        match word(data_type).as_str() {
            "regproc" | "regprocedure" => {
                let plain = plain.split('(').next().unwrap_or(plain);
                let refused = match self.names.has_function(plain) {
                    true => GovernError::new(
                        Kind::Unsupported,
                        format!("the source of function \"{plain}\" is not here"),
                    ),
                    false => GovernError::new(
                        Kind::NoFunction,
                        format!("function \"{name}\" does not exist"),
                    ),
                };
                ControlFlow::Break(refused)
            }
            "regclass" if !self.names.has_table(plain) => ControlFlow::Break(GovernError::new(
                Kind::NoTable,
                format!("relation \"{name}\" does not exist"),
            )),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// The last word of a type's name.
fn word(kind: &DataType) -> String {
    let kind = kind.to_string().to_lowercase();
    kind.rsplit('.').next().unwrap_or_default().to_owned()
}

fn text(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// A parameter, with or without its type.
fn is_bound(expression: &Expr) -> bool {
    match expression {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => is_bound(expr),
        Expr::Value(value) => matches!(value.value, Value::Placeholder(_)),
        _ => false,
    }
}

/// A text that is put together: `format('%I.%I', schema, table)`, `schema || '.' || table`.
fn is_composed(expression: &Expr) -> bool {
    match expression {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => is_composed(expr),
        Expr::BinaryOp { op, .. } => matches!(op, BinaryOperator::StringConcat),
        Expr::Function(function) => {
            let name = function.name.0.last().and_then(ObjectNamePart::as_ident);
            name.is_some_and(|name| {
                ["format", "concat"].contains(&name.value.to_lowercase().as_str())
            })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Few;

    impl Names for Few {
        fn has_function(&self, name: &str) -> bool {
            name == "abs"
        }

        fn has_table(&self, name: &str) -> bool {
            name == "published.t"
        }
    }

    #[test]
    fn names_of_tables_and_functions_are_found_before_anything_else() {
        let found = named(
            "select f::regproc from d where c = cast($1::text as regclass) and a = 'pg_catalog.array_in'::regproc",
            &Few,
        );
        assert_eq!(
            found.unwrap().unwrap(),
            "SELECT f FROM d WHERE c = to_regclass($1::TEXT) AND a = 'array_in'"
        );
        let found = named(
            "select cast(cast(format('%I.%I', cast(s as text), t) as regclass) as oid), (s || '.' || t)::regclass",
            &Few,
        );
        assert_eq!(
            found.unwrap().unwrap(),
            "SELECT CAST(to_regclass(format('%I.%I', CAST(s AS TEXT), t)) AS oid), to_regclass((s || '.' || t))"
        );
        for plain in [
            "select 'pg_class'::regclass",
            "select 'published.t'::regclass::oid",
        ] {
            assert_eq!(named(plain, &Few).unwrap(), None);
        }
    }

    #[test]
    fn what_nobody_has_or_may_see_has_no_number() {
        for (kind, name, said) in [
            ("regproc", "nobody", "function \"nobody\" does not exist"),
            (
                "regprocedure",
                "p.f(text)",
                "function \"p.f(text)\" does not exist",
            ),
            (
                "regprocedure",
                "abs(int)",
                "the source of function \"abs\" is not here",
            ),
            (
                "regclass",
                "staging.t",
                "relation \"staging.t\" does not exist",
            ),
        ] {
            let sql = format!("SELECT '{name}'::pg_catalog.{kind}::pg_catalog.oid");
            assert_eq!(named(&sql, &Few).unwrap_err().message, said);
        }
    }
}
