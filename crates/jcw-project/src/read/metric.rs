//! Reads `pipelines/metrics/<id>.yaml`.

mod counted;
mod figure;

use super::{File, Setting};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::metric::{Change, Design, Grain, Metric, Polarity, PublishedFigure, Unit};
use crate::place::Placed;
use crate::value::{choice, count, list, placed_text, placed_word, text, word};
use crate::yaml::{self, Node};

const UNITS: [(&str, Unit); 7] = [
    ("count", Unit::Count),
    ("percent", Unit::Percent),
    ("per_10000", Unit::Per10000),
    ("pounds", Unit::Pounds),
    ("weeks", Unit::Weeks),
    ("days", Unit::Days),
    ("yes_no", Unit::YesNo),
];

const POLARITIES: [(&str, Polarity); 5] = [
    ("high", Polarity::High),
    ("low", Polarity::Low),
    ("high_contested", Polarity::HighContested),
    ("low_contested", Polarity::LowContested),
    ("context", Polarity::Context),
];

const DESIGNS: [(&str, Design); 2] = [("published", Design::Published), ("local", Design::Local)];

const GRAINS: [(&str, Grain); 8] = [
    ("month", Grain::Month),
    ("quarter", Grain::Quarter),
    ("financial_year", Grain::FinancialYear),
    ("academic_year", Grain::AcademicYear),
    ("calendar_year", Grain::CalendarYear),
    ("census", Grain::Census),
    ("term", Grain::Term),
    ("survey_wave", Grain::SurveyWave),
];

/// What stood in the metric itself before a figure could have two bases.
const MOVED: [&str; 8] = [
    "from",
    "filter",
    "numerator",
    "denominator",
    "parts",
    "grain",
    "dimensions",
    "percentile",
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
    let trap = fields.optional("trap", text);
    let unit = fields.required("unit", choice(&UNITS));
    let polarity = fields.required("polarity", choice(&POLARITIES));
    let source = fields.required("source", text);
    let design = fields.required("design", choice(&DESIGNS));
    let comparator = match design {
        // What nobody else defines is compared with nothing.
        Some(Design::Local) => fields.optional("comparator", text),
        Some(Design::Published) | None => fields.required("comparator", text),
    };
    let caveats = fields.optional("caveats", list(text)).unwrap_or_default();
    let version = fields.required("version", |node, problems| {
        Some(Placed::new(count(node, problems)?, node.place.clone()))
    });
    let changes = fields.optional("changes", list(change)).unwrap_or_default();
    let of_metric = figure::Of {
        unit,
        name: title.as_deref().unwrap_or_default(),
    };
    let published = fields.optional("published", |node, problems| {
        published(node, &of_metric, problems)
    });
    let person_level = fields.optional("person_level", |node, problems| {
        counted::read(node, &of_metric, problems)
    });
    let has_figures = basis(&mut fields);
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
    let version = version?;
    versions(&version, &changes, problems);
    if !has_figures || (published.is_none() && person_level.is_none()) {
        return None;
    }
    let mut metric = Metric {
        id,
        name: title.unwrap_or_default(),
        question: question.unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        definition: definition.unwrap_or_default(),
        cohort: cohort.unwrap_or_default(),
        trap,
        unit: unit?,
        polarity: polarity?,
        source: source.unwrap_or_default(),
        comparator: comparator.unwrap_or_default(),
        design: design?,
        caveats,
        version,
        changes,
        published,
        person_level,
        hash: file.hash(),
        counted_hash: String::new(),
    };
    metric.counted_hash = counted::hash(&metric);
    Some(metric)
}

/// A metric has at least one basis, and its figures stand under it.
fn basis(fields: &mut Fields<'_, '_>) -> bool {
    for key in MOVED {
        fields.forbid(
            key,
            "a figure stands under `published` or under `person_level`",
        );
    }
    let has_one = fields.entry("published").is_some() || fields.entry("person_level").is_some();
    if !has_one {
        let place = fields.place();
        fields.problems().push(
            Diagnostic::error(place, "a metric needs a figure, and this one has none").hint(
                "write `published:` for what a publisher prints, `person_level:` for what is counted from our own rows, or both",
            ),
        );
    }
    has_one
}

fn published(
    node: &Node,
    metric: &figure::Of<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<PublishedFigure> {
    let mut fields = Fields::of("a published figure", node, problems)?;
    let from = fields.required("from", placed_text);
    let filter = fields.optional("filter", placed_text);
    let grain = fields.required("grain", choice(&GRAINS));
    let dimensions = fields
        .optional("dimensions", list(text))
        .unwrap_or_default();
    fields.forbid(
        "percentile",
        "a publisher prints the percentile itself; write it as the numerator",
    );
    let parts = figure::parts(&mut fields, metric, true);
    fields.finish();
    Some(PublishedFigure {
        from: from?,
        filter,
        parts: parts?,
        grain: grain?,
        dimensions,
    })
}

/// One entry of the change log.
fn change(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Change> {
    let mut fields = Fields::of("a change", node, problems)?;
    let version = fields.required("version", count);
    let on = fields.required("on", |node, problems| {
        let written = word(node, problems)?;
        let day = written.parse().ok();
        if day.is_none() {
            let message = format!("\"{written}\" is not a date");
            let hint = "write it as 2026-11-22";
            problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
        }
        day
    });
    let what = fields.required("what", text);
    fields.finish();
    Some(Change {
        version: version?,
        on: on?,
        what: what?,
    })
}

/// Every version after the first says what it changed, once, and none is told
/// of that is not there yet.
fn versions(version: &Placed<u32>, changes: &[Change], problems: &mut Vec<Diagnostic>) {
    let mut problem = |message: String, hint: String| {
        problems.push(Diagnostic::error(version.place.clone(), message).hint(hint));
    };
    if version.value == 0 {
        problem("versions begin at 1".into(), "write `version: 1`".into());
    }
    for wanted in 2..=version.value {
        if !changes.iter().any(|change| change.version == wanted) {
            problem(
                format!("version {wanted} has no entry under `changes`"),
                format!("add a line `- {{version: {wanted}, on: <date>, what: <what changed>}}`"),
            );
        }
    }
    for (at, change) in changes.iter().enumerate() {
        if change.version > version.value {
            problem(
                format!(
                    "`changes` tells of version {}, and this is version {}",
                    change.version, version.value
                ),
                format!("write `version: {}`", change.version),
            );
        }
        if changes[..at].iter().any(|c| c.version == change.version) {
            problem(
                format!("`changes` tells of version {} twice", change.version),
                "put the two entries together".into(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{problems, problems_when, project, sound};

    const FILE: &str = "pipelines/metrics/E03.yaml";
    const MIX: &str = "pipelines/metrics/E35.yaml";

    #[test]
    fn the_examples_are_read() {
        let metrics = project(&[]).metrics;
        let published = metrics[0].published.as_ref().unwrap();
        assert_eq!(published.parts.len(), 1);
        assert_eq!(
            (
                published.parts[0].id.as_str(),
                published.parts[0].name.as_str()
            ),
            ("all", "Refusal rate")
        );
        assert_eq!(
            published.parts[0].published.as_ref().unwrap().value,
            "refused_pc"
        );
        let counted = metrics[1].person_level.as_ref().unwrap();
        assert_eq!(counted.parts[1].id.value, "late");
        assert_eq!(counted.parts[0].percentile, Some(0.5));
        assert_eq!(
            (counted.parts[0].unit, counted.parts[1].unit),
            (Unit::Days, Unit::Percent)
        );
        assert_eq!(counted.grains, [Grain::Month, Grain::AcademicYear]);
        assert_eq!(counted.exclusions[0].what, "An exception applies");
        assert_eq!((metrics[1].unit, metrics[1].version.value), (Unit::Days, 2));
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
            problems_when(FILE, "  denominator: received\n", ""),
            [
                "pipelines/metrics/E03.yaml:16:3: a published figure needs the key \"denominator\"; add a line `denominator: ...`"
            ]
        );
        assert_eq!(
            problems_when(FILE, "unit: percent", "unit: count"),
            [
                "pipelines/metrics/E03.yaml:18:3: the key \"denominator\" has no meaning here: the unit says that nothing is divided; take it out"
            ]
        );
    }

    #[test]
    fn a_figure_stands_under_its_basis() {
        assert_eq!(
            problems_when(FILE, "version: 1", "from: metrics.request\nversion: 1"),
            [
                "pipelines/metrics/E03.yaml:14:1: the key \"from\" has no meaning here: a figure stands under `published` or under `person_level`; take it out"
            ]
        );
        let words = sound(FILE).split("published:").next().unwrap();
        assert_eq!(
            problems(&[(FILE, Some(words))]),
            [
                "pipelines/metrics/E03.yaml:1:1: a metric needs a figure, and this one has none; write `published:` for what a publisher prints, `person_level:` for what is counted from our own rows, or both"
            ]
        );
    }

    #[test]
    fn every_version_after_the_first_says_what_it_changed() {
        assert_eq!(
            problems_when(FILE, "version: 1", "version: 2"),
            [
                "pipelines/metrics/E03.yaml:14:10: version 2 has no entry under `changes`; add a line `- {version: 2, on: <date>, what: <what changed>}`"
            ]
        );
        assert_eq!(
            problems_when(MIX, "version: 2\n", "version: 1\n"),
            [
                "pipelines/metrics/E35.yaml:12:10: `changes` tells of version 2, and this is version 1; write `version: 2`"
            ]
        );
        assert_eq!(
            problems_when(MIX, "2026-11-22", "22.11.2026"),
            [
                "pipelines/metrics/E35.yaml:12:10: version 2 has no entry under `changes`; add a line `- {version: 2, on: <date>, what: <what changed>}`",
                "pipelines/metrics/E35.yaml:14:22: \"22.11.2026\" is not a date; write it as 2026-11-22"
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
                "pipelines/metrics/E03.yaml:16:9: there is no model \"metrics.requests\" in the layer metrics; did you mean \"metrics.request\"?"
            ]
        );
        assert_eq!(
            problems_when(MIX, "from: metrics.request", "from: staging.requests"),
            [
                "pipelines/metrics/E35.yaml:16:9: there is no model \"staging.requests\" in the layers core and metrics; the models there are: metrics.request"
            ]
        );
    }
}
