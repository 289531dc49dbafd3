//! Reads `person_level`: who of our own rows is counted, and in which periods.

use super::{GRAINS, figure};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::file::hex;
use crate::metric::{Covers, Exclusion, Grain, Metric, Part, PersonLevel};
use crate::place::Placed;
use crate::value::{boolean, choice, filled, list, map, placed_text, placed_word, text};
use crate::yaml::Node;
use sha2::{Digest, Sha256};

pub(super) fn read(
    node: &Node,
    metric: &figure::Of<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<PersonLevel> {
    let mut fields = Fields::of("a person-level figure", node, problems)?;
    let from = fields.required("from", placed_text);
    let clock = fields.optional("clock", placed_word);
    let cohort = fields.optional("cohort", placed_text);
    let exclusions = fields
        .optional("exclusions", list(exclusion))
        .unwrap_or_default();
    let grains = fields
        .required("grains", filled(choice(&GRAINS)))
        .unwrap_or_default();
    grains_fit(&mut fields, &grains);
    let when = match grains.contains(&Grain::Term) || grains.contains(&Grain::SurveyWave) {
        true => {
            let because = "a term and a survey wave are named by the model's own columns `period`, `period_start` and `period_end`";
            fields.forbid("when", because);
            None
        }
        false => Some(fields.required("when", placed_text)?),
    };
    let is_stock = fields.optional("stock", boolean).unwrap_or_default();
    let by = fields.optional("by", map(placed_text)).unwrap_or_default();
    topics_are_free(&by, &mut fields);
    let count = fields.optional("count", placed_text);
    let by_provider = fields.optional("by_provider", boolean).unwrap_or_default();
    let covers = fields.optional("covers", covers);
    let parts = figure::parts(&mut fields, metric, false);
    fields.finish();
    Some(PersonLevel {
        from: from?,
        clock,
        cohort,
        exclusions,
        when,
        is_stock,
        grains,
        by,
        count,
        by_provider,
        covers,
        parts: parts?,
    })
}

/// Periods of whole months go together; a census, a term and a survey wave each
/// stand alone, because the model's rows are about one of them.
fn grains_fit(fields: &mut Fields<'_, '_>, grains: &[Grain]) {
    let Some(place) = fields.entry("grains").map(|entry| entry.key_place.clone()) else {
        return;
    };
    if grains.len() > 1
        && let Some(alone) = grains.iter().find(|grain| !grain.is_of_months())
    {
        let message = format!("the grain {} stands alone", alone.word());
        let hint = "take the others out, or count them in a metric of their own";
        fields
            .problems()
            .push(Diagnostic::error(place.clone(), message).hint(hint));
    }
    for (at, grain) in grains.iter().enumerate() {
        if grains[..at].contains(grain) {
            let message = format!("the grain {} is here twice", grain.word());
            fields
                .problems()
                .push(Diagnostic::error(place.clone(), message).hint("take one out"));
        }
    }
}

fn topics_are_free(by: &[(String, Placed<String>)], fields: &mut Fields<'_, '_>) {
    for (topic, sql) in by {
        if topic == "Total" {
            let message = "the topic \"Total\" is always there";
            fields
                .problems()
                .push(Diagnostic::error(sql.place.clone(), message).hint("take it out"));
        }
    }
}

fn exclusion(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Exclusion> {
    let mut fields = Fields::of("an exclusion", node, problems)?;
    let id = fields.required("id", placed_word);
    let what = fields.required("what", text);
    let sql = fields.required("sql", placed_text);
    fields.finish();
    Some(Exclusion {
        id: id?,
        what: what?,
        sql: sql?,
    })
}

fn covers(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Covers> {
    let mut fields = Fields::of("what is covered", node, problems)?;
    let from = fields.required("from", placed_text);
    let filter = fields.optional("filter", placed_text);
    fields.finish();
    Some(Covers {
        from: from?,
        filter,
    })
}

/// SHA-256 (hex) of all that decides a metric's figures, and of nothing else.
pub(super) fn hash(metric: &Metric) -> String {
    let mut hash = Hash(Sha256::new());
    hash.add("unit", metric.unit.word());
    if let Some(figure) = &metric.published {
        hash.add("published", &figure.from);
        hash.add("filter", optional(&figure.filter));
        hash.add("grain", figure.grain.word());
        hash.parts(&figure.parts);
    }
    if let Some(figure) = &metric.person_level {
        hash.add("person_level", &figure.from);
        hash.add("cohort", optional(&figure.cohort));
        for exclusion in &figure.exclusions {
            hash.add("exclusion", &exclusion.sql);
        }
        hash.add("when", optional(&figure.when));
        hash.add("stock", if figure.is_stock { "yes" } else { "no" });
        for grain in &figure.grains {
            hash.add("grain", grain.word());
        }
        for (topic, sql) in &figure.by {
            hash.add(topic, sql);
        }
        hash.add("count", optional(&figure.count));
        hash.add("provider", if figure.by_provider { "yes" } else { "no" });
        if let Some(covers) = &figure.covers {
            hash.add("covers", &covers.from);
            hash.add("filter", optional(&covers.filter));
        }
        hash.parts(&figure.parts);
    }
    hex(hash.0.finalize())
}

fn optional(sql: &Option<Placed<String>>) -> &str {
    sql.as_ref().map_or("", |sql| sql.as_str())
}

struct Hash(Sha256);

impl Hash {
    /// White space counts for nothing: a line may be broken elsewhere.
    fn add(&mut self, key: &str, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        for word in [key, &words.join(" ")] {
            self.0.update((word.len() as u64).to_le_bytes());
            self.0.update(word.as_bytes());
        }
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            self.add("part", &part.id);
            self.add("unit", part.unit.word());
            self.add("numerator", &part.numerator);
            self.add("denominator", optional(&part.denominator));
            self.add("published", optional(&part.published));
            let percentile = part.percentile.map(|share| share.to_string());
            self.add("percentile", &percentile.unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems_when, project, sound};

    const MIX: &str = "pipelines/metrics/E35.yaml";

    #[test]
    fn words_for_readers_change_no_figure_and_sql_does() {
        let hash = |from: &str, to: &str| {
            let text = sound(MIX).replacen(from, to, 1);
            let metrics = project(&[(MIX, Some(&text))]).metrics;
            metrics[1].counted_hash.clone()
        };
        let as_it_was = hash("", "");
        for (from, to) in [
            ("name: A mix", "name: Another mix"),
            ("An exception applies", "It was excused"),
            ("owner: SEND data team", "owner: Somebody"),
            ("received  >  0", "received > 0"),
        ] {
            assert_eq!(hash(from, to), as_it_was, "{to}");
        }
        for (from, to) in [
            ("received  >  0", "received > 1"),
            ("percentile: 0.5", "percentile: 0.9"),
            ("grains: [month, academic_year]", "grains: [month]"),
            ("Sex: sex", "Age: sex"),
            ("sql: has_exception", "sql: 'false'"),
        ] {
            assert_ne!(hash(from, to), as_it_was, "{to}");
        }
    }

    #[test]
    fn a_census_stands_alone_and_a_term_is_the_models() {
        assert_eq!(
            problems_when(MIX, "[month, academic_year]", "[month, census]"),
            [
                "pipelines/metrics/E35.yaml:20:3: the grain census stands alone; take the others out, or count them in a metric of their own"
            ]
        );
        assert_eq!(
            problems_when(MIX, "[month, academic_year]", "[term]"),
            [
                "pipelines/metrics/E35.yaml:21:3: the key \"when\" has no meaning here: a term and a survey wave are named by the model's own columns `period`, `period_start` and `period_end`; take it out"
            ]
        );
    }

    #[test]
    fn a_percentile_is_a_share_and_is_not_divided() {
        assert_eq!(
            problems_when(MIX, "percentile: 0.5", "percentile: 50"),
            [
                "pipelines/metrics/E35.yaml:25:76: a percentile is a share from 0 to 1; write 0.5 for the median, 0.95 for the 95th"
            ]
        );
    }
}
