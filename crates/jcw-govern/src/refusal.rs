//! What the engine says when it cannot plan or run a query, told again as a
//! sentence that holds no value of the data, no path and no plan. Of planning,
//! which sees names and the query's own text alone, the engine's words are kept;
//! of running, nothing but the kind of fault.

use crate::error::{GovernError, Kind, Spot};
use crate::growth::TOO_LONG;
use crate::visible::Visible;
use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, DataFusionError, SchemaError, Span};
use datafusion::sql::sqlparser::parser::ParserError;
use jcw_project::did_you_mean;

/// Longest sentence of the engine that is passed on.
const SENTENCE: usize = 300;

/// A text that is not SQL. One that just ends is wrong at its end, of which the
/// parser says no place.
pub(crate) fn of_parsing(error: &DataFusionError, sql: &str) -> GovernError {
    let refused = unreadable(error);
    match refused.spot.is_none() && refused.message.ends_with(ENDS) {
        true => GovernError {
            spot: Some(end_of(sql)),
            message: refused.message.replace(ENDS, "found: the end"),
            ..refused
        },
        false => refused,
    }
}

/// What the parser says where the text ends too early.
const ENDS: &str = "found: EOF";

/// Behind the last sign of the text that is no space.
fn end_of(sql: &str) -> Spot {
    let (mut line, mut column) = (1, 1);
    for sign in sql.trim_end().chars() {
        (line, column) = match sign {
            '\n' => (line + 1, 1),
            _ => (line, column + 1),
        };
    }
    Spot { line, column }
}

fn unreadable(error: &DataFusionError) -> GovernError {
    let DataFusionError::SQL(said, _) = root(error) else {
        return GovernError::new(Kind::Syntax, "this SQL cannot be read");
    };
    let (ParserError::ParserError(said) | ParserError::TokenizerError(said)) = said.as_ref() else {
        let message = "this SQL is nested too deeply to be read";
        return GovernError::new(Kind::Limit, message);
    };
    let (sentence, spot) = located(said);
    GovernError {
        kind: Kind::Syntax,
        message: format!("this SQL cannot be read: {}", shortened(&sentence)),
        spot,
    }
}

/// A query whose names or types do not fit.
pub(crate) fn of_planning(error: &DataFusionError, visible: Option<&Visible>) -> GovernError {
    tracing::debug!("a query cannot be planned");
    let spot = (error.diagnostic())
        .and_then(|diagnostic| diagnostic.span)
        .map(spot_of);
    match root(error) {
        DataFusionError::SchemaError(error, _) => of_schema(error, spot),
        DataFusionError::SQL(..) => unreadable(error),
        DataFusionError::Plan(said) => of_plan(said, spot, visible),
        DataFusionError::NotImplemented(said) => GovernError {
            kind: Kind::Unsupported,
            message: format!("this is not answered here: {}", shortened(said)),
            spot,
        },
        _ => GovernError {
            spot,
            ..of_running(error)
        },
    }
}

/// A query that failed at its work.
pub(crate) fn of_running(error: &DataFusionError) -> GovernError {
    let error = error.find_root();
    if let DataFusionError::ResourcesExhausted(said) = error
        && said == TOO_LONG
    {
        return GovernError::new(
            Kind::Limit,
            "a text or list becomes longer than a question may make; take a part of it, or do not put it together so often",
        );
    }
    if let DataFusionError::ResourcesExhausted(_) = error {
        return GovernError::new(
            Kind::Limit,
            "the query needs more memory than a question may take; ask for fewer rows or columns, or aggregate in steps",
        );
    }
    if let DataFusionError::Internal(said) = error
        && said.starts_with(NO_ORDER)
    {
        return no_order();
    }
    let message = match error {
        DataFusionError::ArrowError(error, _) => of_arrow(error),
        DataFusionError::Execution(said) => of_words(said),
        // The engine calls it its own fault when an expression is too large.
        DataFusionError::Internal(said) if said.contains("regex") => of_words(said),
        DataFusionError::External(error) if is_of_a_pattern(&error.to_string()) => {
            of_words("regex")
        }
        DataFusionError::Plan(_) | DataFusionError::SchemaError(..) => {
            "the types of the query do not fit"
        }
        DataFusionError::NotImplemented(_) => {
            let message = "the query asks for what is not answered here";
            return GovernError::new(Kind::Unsupported, message);
        }
        _ => "",
    };
    if !message.is_empty() {
        return GovernError::new(Kind::Value, message);
    }
    match error {
        DataFusionError::ObjectStore(_)
        | DataFusionError::IoError(_)
        | DataFusionError::External(_) => {
            tracing::warn!("a query could not read the lake");
            let message = "the warehouse cannot be read now; try again";
            GovernError::new(Kind::Unavailable, message)
        }
        _ => {
            tracing::error!("the engine failed at a query");
            let message = "the query cannot be answered; tell those who run the warehouse";
            GovernError::new(Kind::Internal, message)
        }
    }
}

/// Values of a type without an order, which the engine calls its own fault.
pub(crate) fn no_order() -> GovernError {
    GovernError::new(
        Kind::Unsupported,
        "values of these types cannot be compared here, such as lists in lists; \
         take a part of each that is a number, a text or a date",
    )
}

/// What it says then, before the values.
const NO_ORDER: &str = "Uncomparable values";

/// What the library of regular expressions says of one that it cannot take.
fn is_of_a_pattern(said: &str) -> bool {
    said.starts_with("regex parse error") || said.starts_with("Compiled regex")
}

fn of_arrow(error: &ArrowError) -> &'static str {
    match error {
        ArrowError::DivideByZero => "something is divided by zero",
        ArrowError::ArithmeticOverflow(_) => "a number becomes too large for its type",
        ArrowError::CastError(_) | ArrowError::ParseError(_) => {
            "a value cannot be turned into the type that is asked for; try_cast gives null instead"
        }
        ArrowError::ComputeError(said) | ArrowError::InvalidArgumentError(said) => of_words(said),
        ArrowError::OffsetOverflowError(_) => "a text becomes too long",
        _ => "a value cannot be computed",
    }
}

/// What is said with values in it, without them.
fn of_words(said: &str) -> &'static str {
    let said = said.to_ascii_lowercase();
    match () {
        () if said.contains("divide by zero") => "something is divided by zero",
        () if said.contains("overflow") => "a number becomes too large for its type",
        () if said.contains("regular expression") || said.contains("regex") => {
            "the regular expression cannot be read"
        }
        () if said.contains("more than one row") => {
            "a subquery that stands for one value gives more than one row"
        }
        () if said.contains("cast") || said.contains("pars") || said.contains("convert") => {
            "a value cannot be turned into the type that is asked for; try_cast gives null instead"
        }
        () => "a value cannot be computed",
    }
}

fn of_schema(error: &SchemaError, spot: Option<Spot>) -> GovernError {
    let (message, field) = match error {
        SchemaError::FieldNotFound {
            field,
            valid_fields,
        } => (no_column(field, valid_fields), Some(field)),
        SchemaError::AmbiguousReference { field } => (
            format!(
                "column \"{}\" is in more than one of the tables; write the table's name or alias before it",
                field.name
            ),
            Some(field),
        ),
        SchemaError::DuplicateUnqualifiedField { name }
        | SchemaError::DuplicateQualifiedField { name, .. } => (
            format!("two columns are called \"{name}\"; give one of them another name with `as`"),
            None,
        ),
    };
    let spot = spot.or_else(|| field?.spans().first().map(spot_of));
    GovernError {
        kind: Kind::NoColumn,
        message: shortened(&message),
        spot,
    }
}

fn no_column(field: &Column, valid: &[Column]) -> String {
    let of_table = |valid: &&Column| {
        field.relation.is_none()
            || valid.relation.as_ref().map(|r| r.table())
                == field.relation.as_ref().map(|r| r.table())
    };
    let names = valid.iter().filter(of_table).map(|valid| &valid.name);
    let message = format!("there is no column \"{}\"", field.name);
    match did_you_mean(&field.name, names) {
        Some(near) => format!("{message}; did you mean \"{near}\"?"),
        None => message,
    }
}

fn of_plan(said: &str, spot: Option<Spot>, visible: Option<&Visible>) -> GovernError {
    let sentence = said.lines().next().unwrap_or_default();
    if let Some(name) = between(sentence, "table '", "' not found") {
        return GovernError {
            spot,
            ..no_table(name, visible)
        };
    }
    let is_function = [
        "Invalid function '",
        "table function '",
        "There is no UDF",
        "no function",
    ];
    let kind = match is_function.iter().any(|words| sentence.contains(words)) {
        true => Kind::NoFunction,
        false => Kind::Value,
    };
    GovernError {
        kind,
        message: shortened(sentence),
        spot,
    }
}

/// No such table or no right to it: nobody can tell which.
pub(crate) fn no_table(name: &str, visible: Option<&Visible>) -> GovernError {
    let name = name.trim_start_matches("warehouse.").to_lowercase();
    let names = visible.map(|visible| visible.tables.keys());
    let table = name.rsplit('.').next().unwrap_or(&name);
    let same = visible.and_then(|visible| {
        (visible.tables.values())
            .find(|seen| seen.name == table)
            .map(|seen| format!("{}.{}", seen.schema_name, seen.name))
    });
    let near = same.or_else(|| {
        let near = did_you_mean(&name, names.clone()?);
        near.or_else(|| {
            let (_, seen) = visible?.tables.iter().min_by_key(|(_, seen)| {
                let of_table = did_you_mean(table, [seen.name.as_str()]);
                (of_table.is_none(), seen.name.len().abs_diff(table.len()))
            })?;
            did_you_mean(table, [seen.name.as_str()])?;
            Some(format!("{}.{}", seen.schema_name, seen.name))
        })
    });
    let message = format!("there is no table {}", shortened(&name));
    let message = match near {
        Some(near) => format!("{message}; did you mean {near}?"),
        None => message,
    };
    GovernError::new(Kind::NoTable, message)
}

/// Likewise.
pub(crate) fn no_schema(name: &str, visible: &Visible) -> GovernError {
    let message = format!("there is no schema \"{}\"", shortened(name));
    let message = match did_you_mean(name, visible.schemas()) {
        Some(near) => format!("{message}; did you mean \"{near}\"?"),
        None => message,
    };
    GovernError::new(Kind::NoTable, message)
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// Nobody reads more, and a query may be long.
fn shortened(said: &str) -> String {
    let said = said.split("Candidate functions:").next().unwrap_or(said);
    let said = said.split("This issue was likely").next().unwrap_or(said);
    let said = said.replace("Utf8View", "text").replace("Utf8", "text");
    let said = said.trim().trim_end_matches(['.', ',']);
    match said.char_indices().nth(SENTENCE) {
        Some((end, _)) => format!("{}...", &said[..end]),
        None => said.to_owned(),
    }
}

/// Takes `at Line: 3, Column: 7` off a parser's message.
fn located(said: &str) -> (String, Option<Spot>) {
    let Some((sentence, place)) = said.rsplit_once("at Line: ") else {
        return (said.to_owned(), None);
    };
    let mut numbers =
        (place.split(|c: char| !c.is_ascii_digit())).filter_map(|part| part.parse().ok());
    let spot = match (numbers.next(), numbers.next()) {
        (Some(line), Some(column)) => Some(Spot { line, column }),
        _ => None,
    };
    (sentence.to_owned(), spot)
}

fn spot_of(span: Span) -> Spot {
    Spot {
        line: span.start.line,
        column: span.start.column,
    }
}

fn root(error: &DataFusionError) -> &DataFusionError {
    match error {
        DataFusionError::Diagnostic(_, inner) | DataFusionError::Context(_, inner) => root(inner),
        DataFusionError::Shared(inner) => root(inner),
        DataFusionError::Collection(all) => all.first().map_or(error, root),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use crate::Kind;
    use crate::world::World;

    #[tokio::test]
    async fn a_text_that_just_ends_is_wrong_at_its_end() {
        let world = World::new().await;
        let analyst = world.analyst().await;
        for (sql, line, column) in [
            ("select 1 from", 1, 14),
            ("select (", 1, 9),
            ("select 'é',\n  (  \n\n", 2, 4),
            ("select pid from person where", 1, 29),
            ("select 1 from -- of what?", 1, 26),
            ("with p as", 1, 10),
            ("select", 1, 7),
            ("explain select 1 +", 1, 19),
        ] {
            let refused = analyst.prepare(sql).await.unwrap_err();
            assert_eq!(refused.kind, Kind::Syntax, "{sql}");
            let spot = refused.spot.map(|spot| (spot.line, spot.column));
            assert_eq!(spot, Some((line, column)), "{sql}: {refused}");
            assert!(!refused.message.contains("EOF"), "{sql}: {refused}");
        }
    }

    #[tokio::test]
    async fn values_without_an_order_are_the_askers_affair() {
        let world = World::new().await;
        let lists = "(values ([[1], [2]]), ([[3]])) t(l)";
        for sql in [
            format!("select max(l) from {lists}"),
            format!("select min(l) from {lists}"),
            format!("select max(l) over () from {lists}"),
            // The engine would give the first of them.
            format!("select max(l) over (order by l rows 1 preceding) from {lists}"),
            format!("select min(q.m) from (select array_agg(l) as m from {lists} group by l) q"),
            format!("select max(named_struct('a', l)) from {lists}"),
            "select max(map(['a'], [pid])) from person".into(),
            "select (select max(make_array(make_array(pid))) from person) as m".into(),
        ] {
            let refused = world.ask(&sql).await.unwrap_err();
            assert_eq!(refused.kind, Kind::Unsupported, "{sql}: {refused}");
        }
        for (sql, answer) in [
            ("select max([pid]) from person", "[300]"),
            ("select max(named_struct('a', pid)) from person", "{a: 300}"),
            ("select max(pid) over () from person limit 1", "300"),
        ] {
            assert_eq!(world.ask(sql).await.unwrap(), [answer], "{sql}");
        }
    }
}
