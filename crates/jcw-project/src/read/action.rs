//! Reads `pipelines/actions/<id>.yaml`.

use super::{File, Setting};
use crate::action::{Action, ActionMetric, Baseline, Better, FigureBasis, Target};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::value::{boolean, choice, filled, list, number, placed_word, text, word};
use crate::yaml::{self, Node};
use chrono::NaiveDate;

type Problems = Vec<Diagnostic>;

const BASES: [(&str, FigureBasis); 2] = [
    ("published", FigureBasis::Published),
    ("person_level", FigureBasis::PersonLevel),
];

const BETTER: [(&str, Better); 2] = [("higher", Better::Higher), ("lower", Better::Lower)];

/// What is not known is said: an empty line could be one that was forgotten.
const UNKNOWN: &str = "unknown";

pub(crate) fn read(file: &File, setting: &Setting<'_>, problems: &mut Problems) -> Option<Action> {
    let node = yaml::read(&file.path, &file.text, setting.environment, problems)?;
    let mut fields = Fields::of("an action", &node, problems)?;
    let name = fields.required("name", text);
    let promised_in = fields.required("promised_in", text);
    let promise = fields.required("promise", text);
    let is_wording_to_come = fields.optional("wording_to_come", boolean);
    let owner = fields.required("owner", text);
    let partners = fields.required("partners", filled(placed_word));
    let due = fields.required("due", known(day));
    let said = fields.optional("said", text);
    let source = fields.required("source", text);
    let metrics = fields.optional("metrics", list(metric));
    fields.finish();
    Some(Action {
        id: file.placed(file.stem.clone()),
        name: name?,
        promised_in: promised_in?,
        promise: promise?,
        is_wording_to_come: is_wording_to_come.unwrap_or(false),
        owner: owner?,
        partners: partners?,
        due_on: due?,
        said,
        source: source?,
        metrics: metrics.unwrap_or_default(),
        hash: file.hash(),
    })
}

fn metric(node: &Node, problems: &mut Problems) -> Option<ActionMetric> {
    let mut fields = Fields::of("a metric of an action", node, problems)?;
    let metric = fields.required("metric", placed_word);
    let part = fields.optional("part", word);
    let basis = fields.required("basis", choice(&BASES));
    let grain = fields.optional("grain", word);
    let area = fields.optional("area", word);
    let topic = fields.optional("topic", text);
    let breakdown = match topic {
        Some(_) => fields.required("breakdown", text),
        None => {
            fields.forbid("breakdown", "the `topic` says of what it is one");
            None
        }
    };
    let better = fields.required("better", choice(&BETTER));
    let baseline = fields.required("baseline", known(baseline));
    let target = fields.required("target", known(target));
    fields.finish();
    Some(ActionMetric {
        metric: metric?,
        part: part.unwrap_or_else(|| "all".to_owned()),
        basis: basis?,
        grain: grain.unwrap_or_else(|| "month".to_owned()),
        area,
        breakdown: topic.zip(breakdown),
        better: better?,
        baseline: baseline?,
        target: target?,
    })
}

fn baseline(node: &Node, problems: &mut Problems) -> Option<Baseline> {
    let mut fields = Fields::of("a baseline", node, problems)?;
    let period = fields.required("period", word);
    let value = fields.required("value", number);
    let source = fields.required("source", text);
    fields.finish();
    Some(Baseline {
        period: period?,
        value: value?,
        source: source?,
    })
}

fn target(node: &Node, problems: &mut Problems) -> Option<Target> {
    let mut fields = Fields::of("a target", node, problems)?;
    let value = fields.required("value", number);
    let by = fields.required("by", known(day));
    let source = fields.required("source", text);
    fields.finish();
    Some(Target {
        value: value?,
        by: by?,
        source: source?,
    })
}

/// What `read` reads, or the word `unknown`.
fn known<T>(
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> impl FnOnce(&Node, &mut Problems) -> Option<Option<T>> {
    move |node, problems| {
        let mut quiet = Vec::new();
        match word(node, &mut quiet).as_deref() {
            Some(UNKNOWN) => Some(None),
            _ => read(node, problems).map(Some),
        }
    }
}

fn day(node: &Node, problems: &mut Problems) -> Option<NaiveDate> {
    let written = word(node, problems)?;
    let day = NaiveDate::parse_from_str(&written, "%Y-%m-%d").ok();
    if day.is_none() {
        let message = "this must be a day, such as 2026-03-31";
        let hint = format!("write the year, month and day, or `{UNKNOWN}`");
        problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{problems, project};

    const FILE: &str = "pipelines/actions/fewer_refusals.yaml";
    const SOUND: &str = "name: Fewer refusals
promised_in: A review
promise: Fewer requests are refused.
owner: SEND data team
partners: [council]
due: unknown
source: its report
metrics:
  - metric: E03
    basis: published
    grain: calendar_year
    better: lower
    baseline: {period: '2024', value: 24.1, source: DfE}
    target: {value: 20, by: 2026-12-31, source: the review}
  - {metric: E35, part: two, basis: person_level, better: higher, topic: Sex, breakdown: Male, baseline: unknown, target: unknown}
";

    #[test]
    fn the_example_is_read() {
        let action = project(&[(FILE, Some(SOUND))]).actions.remove(0);
        assert_eq!(
            (action.id.as_str(), action.due_on),
            ("fewer_refusals", None)
        );
        let [first, second] = &action.metrics[..] else {
            panic!()
        };
        assert_eq!(first.baseline.as_ref().unwrap().value, 24.1);
        assert_eq!(
            first.target.as_ref().unwrap().by,
            NaiveDate::from_ymd_opt(2026, 12, 31)
        );
        assert_eq!(
            (first.part.as_str(), first.grain.as_str()),
            ("all", "calendar_year")
        );
        assert_eq!(second.breakdown, Some(("Sex".into(), "Male".into())));
        assert_eq!(second.grain, "month");
        assert!(second.baseline.is_none() && second.target.is_none());
    }

    #[test]
    fn what_is_not_known_is_said_and_names_are_those_of_the_project() {
        let told = |from: &str, to: &str| {
            assert!(SOUND.contains(from), "{from}");
            let told = problems(&[(FILE, Some(&SOUND.replacen(from, to, 1)))]);
            told.join("\n").replace(FILE, "F")
        };
        assert_eq!(
            told("due: unknown\n", ""),
            "F:1:1: an action needs the key \"due\"; add a line `due: ...`"
        );
        assert_eq!(
            told("due: unknown", "due: next year"),
            "F:6:6: this must be a day, such as 2026-03-31; write the year, month and day, or `unknown`"
        );
        assert_eq!(
            told("[council]", "[counsil]"),
            "F:5:12: there is no partner \"counsil\"; did you mean \"council\"?"
        );
        assert_eq!(
            told("metric: E03", "metric: E30"),
            "F:9:13: there is no metric \"E30\"; did you mean \"E03\"?"
        );
    }
}
