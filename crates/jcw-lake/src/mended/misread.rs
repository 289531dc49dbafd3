//! SQL that the engine reads otherwise than it is written. [`misread`] finds it, and
//! whoever reads SQL refuses it: nobody meant the other.

use chrono::NaiveDate;
use chrono::format::{Parsed, StrftimeItems, parse};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query,
    SetExpr, SetOperator, SetQuantifier, Spanned as _, Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Span;
use std::ops::ControlFlow;

/// What would be read otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misread {
    /// Where it stands in the text.
    pub span: Span,
    /// What is wrong with it.
    pub what: &'static str,
    /// What to write instead.
    pub instead: &'static str,
}

/// The parser takes all that follows `is distinct from` for its right side: `a is
/// distinct from b and c` for `a is distinct from (b and c)`, where the standard means
/// `(a is distinct from b) and c`.
const OPEN: (&str, &str) = (
    "where `is distinct from` ends is not clear",
    "put brackets around it: `(a is distinct from b) and c`",
);

/// Which is 10 of 2 and 8, where Postgres and DuckDB give 256.
const POWER: (&str, &str) = (
    "`^` is no power here but compares bits",
    "write `power(a, b)`",
);

/// The engine does not count how often a row occurs.
const COUNTED: (&str, &str) = (
    "`except all` and `intersect all` do not count here how often a row occurs",
    "number equal rows with `row_number()`, or leave `all` away",
);

/// Rows that hold a null, and nothing would be known of, come in.
const ROWS: (&str, &str) = (
    "rows are not compared here",
    "compare their columns one by one: `a = 1 and b = 2`, `a < 1 or a = 1 and b < 2`",
);

/// The engine takes its pattern for a regular expression.
const SIMILAR: (&str, &str) = (
    "`similar to` is not answered here",
    "write `like`, or `~` with a regular expression",
);

/// The engine reads the day alone where the rest is no whole time.
const TIME: (&str, &str) = (
    "an hour is read here with its minutes only, and would be lost",
    "add them: `to_timestamp(x || ':00', '%Y-%m-%d %H:%M')`",
);

/// The first of the text.
pub fn misread(parsed: &impl Visit) -> Option<Misread> {
    match parsed.visit(&mut Reader) {
        ControlFlow::Break(found) => Some(found),
        ControlFlow::Continue(()) => None,
    }
}

struct Reader;

impl Visitor for Reader {
    type Break = Misread;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Misread> {
        match counts(&query.body) {
            true => found(query.span(), COUNTED),
            false => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Misread> {
        match expression {
            Expr::IsDistinctFrom(_, right) | Expr::IsNotDistinctFrom(_, right)
                if swallows(right) =>
            {
                found(expression.span(), OPEN)
            }
            Expr::BinaryOp {
                op: BinaryOperator::BitwiseXor | BinaryOperator::PGExp,
                ..
            } => found(expression.span(), POWER),
            Expr::BinaryOp { left, .. } if matches!(left.as_ref(), Expr::Tuple(_)) => {
                found(expression.span(), ROWS)
            }
            Expr::InList { expr, .. } | Expr::Between { expr, .. }
                if matches!(expr.as_ref(), Expr::Tuple(_)) =>
            {
                found(expression.span(), ROWS)
            }
            Expr::SimilarTo { .. } => found(expression.span(), SIMILAR),
            Expr::Function(call) if loses_time(call) => found(expression.span(), TIME),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn found(span: Span, (what, instead): (&'static str, &'static str)) -> ControlFlow<Misread> {
    ControlFlow::Break(Misread {
        span,
        what,
        instead,
    })
}

fn swallows(right: &Expr) -> bool {
    match right {
        Expr::BinaryOp { op, .. } => matches!(
            op,
            BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Xor
        ),
        Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_) => true,
        _ => false,
    }
}

/// Whether it reads moments in a form whose hours, minutes or seconds it drops.
fn loses_time(call: &Function) -> bool {
    let name = call.name.to_string().to_ascii_lowercase();
    let FunctionArguments::List(list) = &call.args else {
        return false;
    };
    let is_moment = name.starts_with("to_timestamp") || name == "to_unixtime";
    is_moment
        && (list.args.iter().skip(1)).any(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(form))) => {
                matches!(&form.value, Value::SingleQuotedString(form) if drops(form))
            }
            _ => false,
        })
}

/// Whether a moment written in this form is read back as a day.
fn drops(form: &str) -> bool {
    let moment = NaiveDate::from_ymd_opt(2001, 2, 3).and_then(|day| day.and_hms_opt(16, 5, 6));
    let (Some(moment), mut written, mut read) = (moment, String::new(), Parsed::new()) else {
        return false;
    };
    // What cannot be written or read so is said when it is tried.
    if moment
        .and_utc()
        .format(form)
        .write_to(&mut written)
        .is_err()
        || parse(&mut read, &written, StrftimeItems::new(form)).is_err()
    {
        return false;
    }
    let parts = [
        read.hour_div_12(),
        read.hour_mod_12(),
        read.minute(),
        read.second(),
    ];
    read.to_naive_datetime_with_offset(0).is_err() && parts.iter().any(Option::is_some)
}

/// Whether rows are taken away, or kept, as often as they occur.
fn counts(body: &SetExpr) -> bool {
    let SetExpr::SetOperation {
        op,
        set_quantifier,
        left,
        right,
    } = body
    else {
        return false;
    };
    let is_all = matches!(
        set_quantifier,
        SetQuantifier::All | SetQuantifier::AllByName
    );
    (is_all && *op != SetOperator::Union) || counts(left) || counts(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::sql::sqlparser::dialect::GenericDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    fn of(sql: &str) -> Option<&'static str> {
        let parsed = Parser::parse_sql(&GenericDialect {}, sql).unwrap();
        misread(&parsed).map(|found| found.what)
    }

    fn is_open(condition: &str) -> bool {
        of(&format!("select 1 from t where {condition}")) == Some(OPEN.0)
    }

    #[test]
    fn what_follows_must_not_be_swallowed() {
        for open in [
            "a is distinct from b and c",
            "a is not distinct from true or c = 1",
            "c and a is distinct from b and d",
            "x in (select 1 from t where a is not distinct from b and c)",
            "a is distinct from b is null",
            "a is distinct from b is distinct from c",
            "case when a is distinct from b or c then 1 end = 1",
        ] {
            assert!(is_open(open), "{open}");
        }
        for closed in [
            "(a is distinct from b) and c",
            "c and a is distinct from b",
            "a is distinct from (b and c)",
            "a is not distinct from b + 1",
            "a is distinct from case when b and c then 1 end",
            "not a is distinct from b",
        ] {
            assert!(!is_open(closed), "{closed}");
        }
    }

    #[test]
    fn powers_rows_and_patterns_are_what_they_are_elsewhere_or_refused() {
        assert_eq!(of("select (2 ^ 8) + 1"), Some(POWER.0));
        assert_eq!(of("select power(2, 8), not true or 2 < 8"), None);
        for set in ["except all", "intersect all"] {
            let sql = format!("select 1 from (select a from t union (select 2 {set} select 1)) u");
            assert_eq!(of(&sql), Some(COUNTED.0), "{sql}");
        }
        for rows in ["(a, b) < (1, 2)", "(a, b) in ((1, 2))"] {
            assert_eq!(of(&format!("select 1 from t where {rows}")), Some(ROWS.0));
        }
        assert_eq!(of("select a similar to 'b%'"), Some(SIMILAR.0));
        for form in ["%Y-%m-%d %H", "%d/%m/%Y %I %p", "%Y-%m-%d :%M", "%F %I:%M"] {
            let sql = format!("select to_timestamp(a, '%+', '{form}') from t");
            assert_eq!(of(&sql), Some(TIME.0), "{form}");
        }
        for form in [
            "%Y-%m-%d",
            "%F %T",
            "%d/%m/%Y %H:%M",
            "%F %I:%M %p",
            "%+",
            "%s",
            "YYYY",
            "%",
        ] {
            let sql = format!("select TO_TIMESTAMP(a, '{form}') from t");
            assert_eq!(of(&sql), None, "{form}");
        }
        assert_eq!(of("select 1 union all select 1 except select 2"), None);
    }
}
