//! Reads `pipelines/metrics/<id>.yaml`.

use super::{File, Setting};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::metric::{Grain, Metric, Part, Polarity, Unit};
use crate::place::Placed;
use crate::value::{choice, count, filled, list, placed_text, placed_word, text};
use crate::yaml::{self, Node};

const UNITS: [(&str, Unit); 6] = [
    ("count", Unit::Count),
    ("percent", Unit::Percent),
    ("per_10000", Unit::Per10000),
    ("pounds", Unit::Pounds),
    ("weeks", Unit::Weeks),
    ("yes_no", Unit::YesNo),
];

const POLARITIES: [(&str, Polarity); 5] = [
    ("high", Polarity::High),
    ("low", Polarity::Low),
    ("high_contested", Polarity::HighContested),
    ("low_contested", Polarity::LowContested),
    ("context", Polarity::Context),
];

const GRAINS: [(&str, Grain); 4] = [
    ("month", Grain::Month),
    ("calendar_year", Grain::CalendarYear),
    ("academic_year", Grain::AcademicYear),
    ("financial_year", Grain::FinancialYear),
];

pub(crate) fn read(
    file: &File,
    setting: &Setting<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Metric> {
    let node = yaml::read(&file.path, &file.text, setting.environment, problems)?;
    let mut fields = Fields::of("a metric", &node, problems)?;
    let id = fields.required("id", placed_word);
    let title = fields.required("name", text);
    let question = fields.required("question", text);
    let owner = fields.required("owner", text);
    let definition = fields.required("definition", text);
    let cohort = fields.required("cohort", text);
    let from = fields.required("from", placed_text);
    let filter = fields.optional("filter", placed_text);
    let unit = fields.required("unit", choice(&UNITS));
    let polarity = fields.required("polarity", choice(&POLARITIES));
    let grain = fields.required("grain", choice(&GRAINS));
    let dimensions = fields
        .optional("dimensions", list(text))
        .unwrap_or_default();
    let source = fields.required("source", text);
    let comparator = fields.required("comparator", text);
    let caveats = fields.optional("caveats", list(text)).unwrap_or_default();
    let version = fields.required("version", count);
    let parts = parts(&mut fields, unit, title.as_deref());
    fields.finish();

    let id = id?;
    if !id.eq_ignore_ascii_case(&file.stem) {
        let message = format!(
            "the metric \"{}\" stands in a file named \"{}.yaml\"",
            id.value, file.stem
        );
        let hint = format!("name the file \"{}.yaml\", or mend the id", id.value);
        problems.push(Diagnostic::error(id.place.clone(), message).hint(hint));
    }
    Some(Metric {
        id,
        name: title.unwrap_or_default(),
        question: question.unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        definition: definition.unwrap_or_default(),
        cohort: cohort.unwrap_or_default(),
        from: from?,
        filter,
        parts: parts?,
        unit: unit?,
        polarity: polarity?,
        grain: grain?,
        dimensions,
        source: source.unwrap_or_default(),
        comparator: comparator.unwrap_or_default(),
        caveats,
        version: version.unwrap_or_default(),
        hash: file.hash(),
    })
}

/// The figures: those under `parts`, or the one written in the metric itself.
fn parts(
    fields: &mut Fields<'_, '_>,
    unit: Option<Unit>,
    metric: Option<&str>,
) -> Option<Vec<Part>> {
    if fields.entry("parts").is_none() {
        let place = fields.place();
        let id = fields
            .entry("numerator")
            .map_or(place, |entry| entry.key_place.clone());
        return figure(
            fields,
            unit,
            Some(Placed::new("all".into(), id)),
            Some(metric.unwrap_or_default().to_owned()),
        )
        .map(|p| vec![p]);
    }
    for key in ["numerator", "denominator", "published"] {
        fields.forbid(key, "each of the `parts` has its own");
    }
    let part = |node: &Node, problems: &mut Vec<Diagnostic>| {
        let mut fields = Fields::of("a part", node, problems)?;
        let id = fields.required("id", placed_word);
        let part_name = fields.required("name", text);
        let part = figure(&mut fields, unit, id, part_name);
        fields.finish();
        part
    };
    let parts = fields.required("parts", filled(part))?;
    for (at, part) in parts.iter().enumerate() {
        if parts[..at]
            .iter()
            .any(|other| other.id.value == part.id.value)
        {
            let message = format!("there are two parts \"{}\"", part.id.value);
            let hint = "give each part its own id";
            fields
                .problems()
                .push(Diagnostic::error(part.id.place.clone(), message).hint(hint));
        }
    }
    Some(parts)
}

/// What is divided by what, where the unit asks for it.
fn figure(
    fields: &mut Fields<'_, '_>,
    unit: Option<Unit>,
    id: Option<Placed<String>>,
    name: Option<String>,
) -> Option<Part> {
    let numerator = fields.required("numerator", placed_text);
    let denominator = match unit {
        Some(Unit::Percent | Unit::Per10000) => fields.required("denominator", placed_text),
        Some(Unit::Count | Unit::YesNo) => {
            fields.forbid("denominator", "the unit says that nothing is divided");
            None
        }
        Some(Unit::Pounds | Unit::Weeks) | None => fields.optional("denominator", placed_text),
    };
    let published = fields.optional("published", placed_text);
    Some(Part {
        id: id?,
        name: name?,
        numerator: numerator?,
        denominator,
        published,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{problems, problems_when, project, sound};

    const FILE: &str = "pipelines/metrics/E03.yaml";

    #[test]
    fn the_examples_are_read() {
        let metrics = project(&[]).metrics;
        assert_eq!(metrics[0].parts.len(), 1);
        assert_eq!(
            (
                metrics[0].parts[0].id.as_str(),
                metrics[0].parts[0].name.as_str()
            ),
            ("all", "Refusal rate")
        );
        assert_eq!(
            metrics[0].parts[0].published.as_ref().unwrap().value,
            "refused_pc"
        );
        assert_eq!(metrics[1].parts[1].id.value, "two");
        assert_eq!((metrics[1].unit, metrics[1].version), (Unit::Count, 2));
    }

    #[test]
    fn a_metric_without_an_owner_or_a_definition_is_told() {
        for key in ["owner", "definition", "question"] {
            let line = sound(FILE)
                .lines()
                .find(|line| line.starts_with(key))
                .unwrap();
            assert_eq!(
                problems_when(FILE, &format!("{line}\n"), ""),
                [format!(
                    "pipelines/metrics/E03.yaml:1:1: a metric needs the key \"{key}\"; add a line `{key}: ...`"
                )]
            );
        }
    }

    #[test]
    fn a_rate_is_divided_and_a_count_is_not() {
        assert_eq!(
            problems_when(FILE, "denominator: received\n", ""),
            [
                "pipelines/metrics/E03.yaml:1:1: a metric needs the key \"denominator\"; add a line `denominator: ...`"
            ]
        );
        assert_eq!(
            problems_when(FILE, "unit: percent", "unit: count"),
            [
                "pipelines/metrics/E03.yaml:9:1: the key \"denominator\" has no meaning here: the unit says that nothing is divided; take it out"
            ]
        );
    }

    #[test]
    fn an_id_is_that_of_the_file_and_used_once() {
        assert_eq!(
            problems_when(FILE, "id: E03", "id: E04"),
            [
                "pipelines/metrics/E03.yaml:1:5: the metric \"E04\" stands in a file named \"E03.yaml\"; name the file \"E04.yaml\", or mend the id"
            ]
        );
        let told = problems(&[("pipelines/metrics/e03.yaml", Some(sound(FILE)))]);
        assert_eq!(
            told,
            [
                "pipelines/metrics/e03.yaml:1:5: there are two metrics \"E03\"; the other one is pipelines/metrics/E03.yaml; give one another id"
            ]
        );
    }

    #[test]
    fn figures_come_from_a_model_that_exists() {
        assert_eq!(
            problems_when(FILE, "from: metrics.request", "from: metrics.requests"),
            [
                "pipelines/metrics/E03.yaml:7:7: there is no model \"metrics.requests\" in the layer metrics; did you mean \"metrics.request\"?"
            ]
        );
    }
}
