//! Reads `pipelines/models/<layer>/<name>.sql`: the header comment as YAML,
//! the query as it stands.

use super::{File, Setting};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::model::{Check, Layer, Materialised, Model, Test};
use crate::value::{boolean, choice, count, filled, list, placed_text, text, word};
use crate::yaml::{self, Node};

const HEADER_HINT: &str = "begin the file with a comment: `/*`, then lines such as `description: ...`, `owner: ...`, `grain: [...]`, then `*/`";

pub(crate) fn read(
    file: &File,
    layer: Layer,
    setting: &Setting<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Model> {
    let Some((header, sql, sql_line)) = split(&file.text) else {
        let message = "this model does not begin with a header comment";
        problems.push(Diagnostic::error(file.start(), message).hint(HEADER_HINT));
        return None;
    };
    let node = yaml::read(&file.path, &header, setting.environment, problems)?;
    if node.is_null() {
        let message = "the header comment of this model is empty";
        problems.push(Diagnostic::error(file.start(), message).hint(HEADER_HINT));
        return None;
    }
    let mut fields = Fields::of("a model's header", &node, problems)?;
    let description = fields.required("description", text);
    let owner = fields.required("owner", text);
    let grain = fields.required("grain", filled(placed_text));
    let kinds = &[("table", Materialised::Table), ("view", Materialised::View)];
    let materialised = fields
        .optional("materialised", choice(kinds))
        .unwrap_or_default();
    let tags = fields.optional("tags", list(word)).unwrap_or_default();
    let tests = fields.optional("tests", list(test)).unwrap_or_default();
    fields.finish();

    if sql.trim().is_empty() {
        let message = "this model has a header and no query";
        problems.push(
            Diagnostic::error(file.start(), message)
                .hint("write the SELECT below the header comment"),
        );
        return None;
    }
    Some(Model {
        name: file.placed(format!("{}.{}", layer.name(), file.stem)),
        layer,
        description: description.unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        grain: grain.unwrap_or_default(),
        materialised,
        tags,
        tests,
        sql,
        sql_line,
        hash: file.hash(),
    })
}

/// The header, the query, and the line on which the query begins. The comment
/// marks become spaces, so that every place in the header is one in the file;
/// a query that begins on the line of `*/` is moved right for the same reason.
fn split(text: &str) -> Option<(String, String, usize)> {
    let open = text.find("/*").filter(|at| text[..*at].trim().is_empty())?;
    let close = open + 2 + text[open + 2..].find("*/")?;
    let header = format!("{}  {}", &text[..open], &text[open + 2..close]);
    let (before, query) = (&text[..close + 2], &text[close + 2..]);
    let line = before.matches('\n').count() + 1;
    let (same_line, rest) = query.split_once('\n').unwrap_or((query, ""));
    if same_line.trim().is_empty() {
        return Some((header, rest.to_owned(), line + 1));
    }
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count();
    Some((header, format!("{}{query}", " ".repeat(column)), line))
}

/// One key that says what is asked, and perhaps `blocking`.
fn test(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Test> {
    let mut fields = Fields::of("a test", node, problems)?;
    let place = fields.place();
    let blocking = fields.optional("blocking", boolean).unwrap_or(true);
    let checks = [
        fields
            .optional("unique", filled(placed_text))
            .map(Check::Unique),
        fields
            .optional("not_null", filled(placed_text))
            .map(Check::NotNull),
        fields.optional("accepted_values", accepted_values),
        fields.optional("relationship", relationship),
        fields
            .optional("expression", placed_text)
            .map(Check::Expression),
        fields.optional("row_count", row_count),
    ];
    let asked = [
        "unique",
        "not_null",
        "accepted_values",
        "relationship",
        "expression",
        "row_count",
    ];
    let asked = asked
        .into_iter()
        .filter(|key| fields.entry(key).is_some())
        .count();
    if asked != 1 {
        let message = if asked == 0 {
            "this test asks nothing"
        } else {
            "this test asks more than one thing"
        };
        let hint = "write one of unique, not_null, accepted_values, relationship, expression, row_count in each `- ` item";
        fields
            .problems()
            .push(Diagnostic::error(place.clone(), message).hint(hint));
    }
    fields.finish();
    let check = checks.into_iter().flatten().next()?;
    Some(Test {
        check,
        blocking,
        place,
    })
}

fn accepted_values(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Check> {
    let mut fields = Fields::of("an accepted_values test", node, problems)?;
    let column = fields.required("column", placed_text);
    let values = fields.required("values", filled(word));
    fields.finish();
    Some(Check::AcceptedValues {
        column: column?,
        values: values?,
    })
}

fn relationship(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Check> {
    let mut fields = Fields::of("a relationship test", node, problems)?;
    let column = fields.required("column", placed_text);
    let to = fields.required("to", placed_text);
    let field = fields.required("field", placed_text);
    fields.finish();
    Some(Check::Relationship {
        column: column?,
        to: to?,
        field: field?,
    })
}

fn row_count(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Check> {
    let mut fields = Fields::of("a row_count test", node, problems)?;
    let (min, max) = (fields.optional("min", count), fields.optional("max", count));
    fields.finish();
    Some(Check::RowCount { min, max })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{problems, problems_when, project};

    const FILE: &str = "pipelines/models/staging/requests.sql";

    #[test]
    fn the_example_is_read() {
        let model = project(&[]).models.remove(1);
        assert_eq!(model.name.value, "staging.requests");
        assert_eq!(model.materialised, Materialised::View);
        assert_eq!(model.tests.len(), 4);
        assert!(!model.tests[1].blocking && model.tests[0].blocking);
        assert!(model.sql.starts_with("select area"));
        assert_eq!(model.sql_line, 14);
        let place = model.place(1, 8);
        assert_eq!(
            (place.to_string().as_str(), place.length),
            ("pipelines/models/staging/requests.sql:14:8", 4)
        );
    }

    #[test]
    fn a_query_on_the_line_of_the_header_keeps_its_columns() {
        let text =
            "/* {description: d, owner: o, grain: [area]} */ select area\nfrom council.requests\n";
        let model = project(&[(FILE, Some(text))]).models.remove(1);
        assert_eq!(model.sql_line, 1);
        assert_eq!(
            model.sql.lines().next().unwrap().find("area"),
            text.find("area\nfrom")
        );
    }

    #[test]
    fn a_model_without_a_header_owner_or_query_is_told() {
        let told = problems(&[(FILE, Some("select 1"))]);
        assert!(told[0].starts_with("pipelines/models/staging/requests.sql:1:1: this model does not begin with a header comment; begin"), "{told:?}");
        assert_eq!(
            problems_when(FILE, "owner: SEND data team\n", ""),
            [
                "pipelines/models/staging/requests.sql:2:1: a model's header needs the key \"owner\"; add a line `owner: ...`"
            ]
        );
        assert_eq!(
            problems_when(
                FILE,
                "select area as area_code, time_period as period, received from council.requests",
                ""
            ),
            [
                "pipelines/models/staging/requests.sql:1:1: this model has a header and no query; write the SELECT below the header comment"
            ]
        );
    }

    #[test]
    fn places_in_the_header_are_places_in_the_file() {
        assert_eq!(
            problems_when(FILE, "materialised: view", "materialized: view"),
            [
                "pipelines/models/staging/requests.sql:5:1: a model's header has no key \"materialized\"; did you mean \"materialised\"?"
            ]
        );
        assert_eq!(
            problems_when(FILE, "to: seed.area,", "to: seed.areas,"),
            [
                "pipelines/models/staging/requests.sql:9:43: there is no table \"seed.areas\"; did you mean \"seed.area\"?"
            ]
        );
        let told = problems_when(FILE, "  - expression: received >= 0\n", "  - {}\n");
        assert!(
            told[0].starts_with(
                "pipelines/models/staging/requests.sql:11:5: this test asks nothing; write one of"
            ),
            "{told:?}"
        );
    }

    #[test]
    fn two_models_of_one_name_are_told() {
        let copy = crate::testing::sound(FILE);
        let told = problems(&[("pipelines/models/staging/more/requests.sql", Some(copy))]);
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("there are two models \"staging.requests\"; the other one is pipelines/models/staging/"), "{told:?}");
        let told = problems(&[("pipelines/models/published/metric_value.sql", Some(copy))]);
        assert_eq!(
            told,
            [
                "pipelines/models/published/metric_value.sql:1:1: the table \"published.metric_value\" is made from the metrics; give this model another name"
            ]
        );
    }
}
