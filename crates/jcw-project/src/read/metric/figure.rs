//! Reads the parts of a figure: what is divided by what, or taken a percentile
//! of, where the unit asks for it.

use super::UNITS;
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::metric::{Part, Unit};
use crate::place::Placed;
use crate::value::{choice, filled, number, placed_text, placed_word, text};
use crate::yaml::Node;

/// What the parts of a figure take over from their metric.
pub(super) struct Of<'m> {
    pub(super) unit: Option<Unit>,
    pub(super) name: &'m str,
}

/// The figures: those under `parts`, or the one written in the figure itself.
pub(super) fn parts(
    fields: &mut Fields<'_, '_>,
    metric: &Of<'_>,
    is_published: bool,
) -> Option<Vec<Part>> {
    if fields.entry("parts").is_none() {
        let place = fields.place();
        let id = fields
            .entry("numerator")
            .map_or(place, |entry| entry.key_place.clone());
        let only = Head {
            id: Placed::new("all".into(), id),
            name: metric.name.to_owned(),
            unit: metric.unit,
        };
        return part(fields, Some(only), is_published).map(|part| vec![part]);
    }
    for key in ["numerator", "denominator", "published", "percentile"] {
        fields.forbid(key, "each of the `parts` has its own");
    }
    let read = |node: &Node, problems: &mut Vec<Diagnostic>| {
        let mut fields = Fields::of("a part", node, problems)?;
        let id = fields.required("id", placed_word);
        let part_name = fields.required("name", text);
        let unit = fields.optional("unit", choice(&UNITS)).or(metric.unit);
        let head = id.zip(part_name).map(|(id, name)| Head { id, name, unit });
        let part = part(&mut fields, head, is_published);
        fields.finish();
        part
    };
    let parts = fields.required("parts", filled(read))?;
    for (at, part) in parts.iter().enumerate() {
        let is_same = |other: &Part| other.id.value == part.id.value;
        if parts[..at].iter().any(is_same) {
            let message = format!("there are two parts \"{}\"", part.id.value);
            let hint = "give each part its own id";
            fields
                .problems()
                .push(Diagnostic::error(part.id.place.clone(), message).hint(hint));
        }
    }
    Some(parts)
}

/// What a part is called and measured in.
struct Head {
    id: Placed<String>,
    name: String,
    unit: Option<Unit>,
}

fn part(fields: &mut Fields<'_, '_>, head: Option<Head>, is_published: bool) -> Option<Part> {
    let unit = head.as_ref().and_then(|head| head.unit);
    let numerator = fields.required("numerator", placed_text);
    let percentile = match is_published {
        true => None,
        false => fields.optional("percentile", share),
    };
    let denominator = match unit {
        _ if percentile.is_some() => {
            fields.forbid("denominator", "a percentile is not divided");
            None
        }
        Some(Unit::Percent | Unit::Per10000) => fields.required("denominator", placed_text),
        Some(Unit::Count | Unit::YesNo) => {
            fields.forbid("denominator", "the unit says that nothing is divided");
            None
        }
        Some(Unit::Pounds | Unit::Weeks | Unit::Days) | None => {
            fields.optional("denominator", placed_text)
        }
    };
    let published = match is_published {
        true => fields.optional("published", placed_text),
        false => {
            let because = "a figure counted from rows is printed by nobody else";
            fields.forbid("published", because);
            None
        }
    };
    let head = head?;
    Some(Part {
        id: head.id,
        name: head.name,
        unit: head.unit?,
        numerator: numerator?,
        denominator,
        published,
        percentile,
    })
}

/// A share of the rows, from 0 to 1.
fn share(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<f64> {
    let share = number(node, problems)?;
    if !(0.0..=1.0).contains(&share) {
        let message = "a percentile is a share from 0 to 1";
        let hint = "write 0.5 for the median, 0.95 for the 95th";
        problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
        return None;
    }
    Some(share)
}
