//! Reads `pipelines/metrics/<id>.yaml`.

use super::{File, Setting};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::metric::{Grain, Metric, Part, Polarity, Unit};
use crate::place::Placed;
use crate::value::{choice, count, list, placed_text, placed_word, text};
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

pub(crate) fn read(file: &File, setting: &Setting<'_>, problems: &mut Vec<Diagnostic>) -> Option<Metric> {
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
    let dimensions = fields.optional("dimensions", list(text)).unwrap_or_default();
    let source = fields.required("source", text);
    let comparator = fields.required("comparator", text);
    let caveats = fields.optional("caveats", list(text)).unwrap_or_default();
    let version = fields.required("version", count);
    let parts = parts(&mut fields, unit, title.as_deref());
    fields.finish();

    let id = id?;
    if !id.eq_ignore_ascii_case(&file.stem) {
        let message = format!("the metric \"{}\" stands in a file named \"{}.yaml\"", id.value, file.stem);
        let hint = format!("name the file \"{}.yaml\", or mend the id", id.value);
        problems.push(Diagnostic::error(id.place.clone(), message).hint(hint));
    }
    Some(Metric {
        id,
        name: title?,
        question: question?,
        owner: owner?,
        definition: definition?,
        cohort: cohort?,
        from: from?,
        filter,
        parts: parts?,
        unit: unit?,
        polarity: polarity?,
        grain: grain?,
        dimensions,
        source: source?,
        comparator: comparator?,
        caveats,
        version: version?,
        hash: file.hash(),
    })
}

/// The figures: those under `parts`, or the one written in the metric itself.
fn parts(fields: &mut Fields<'_, '_>, unit: Option<Unit>, metric: Option<&str>) -> Option<Vec<Part>> {
    if fields.entry("parts").is_none() {
        let place = fields.place();
        let id = fields.entry("numerator").map_or(place, |entry| entry.key_place.clone());
        return figure(fields, unit, Some(Placed::new("all".into(), id)), metric.map(str::to_owned)).map(|p| vec![p]);
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
    let parts = fields.required("parts", list(part))?;
    for (at, part) in parts.iter().enumerate() {
        if parts[..at].iter().any(|other| other.id.value == part.id.value) {
            let message = format!("there are two parts \"{}\"", part.id.value);
            let hint = "give each part its own id";
            fields.problems().push(Diagnostic::error(part.id.place.clone(), message).hint(hint));
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
    Some(Part { id: id?, name: name?, numerator: numerator?, denominator, published })
}
