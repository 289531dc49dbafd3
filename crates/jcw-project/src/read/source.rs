//! Reads `pipelines/<partner>/<source>.yaml`.

use super::{File, Setting};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::Placed;
use crate::source::{Limits, Schedule, Source};
use crate::value::{count, duration, filled, map, placed_text, size, text, time_zone, word};
use crate::yaml::{self, Node};
use croner::parser::{CronParser, Seconds, Year};
use std::time::Duration;

pub(crate) fn read(
    file: &File,
    partner: &str,
    setting: &Setting<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Source> {
    let node = yaml::read(&file.path, &file.text, setting.environment, problems)?;
    let mut fields = Fields::of("a source", &node, problems)?;
    let description = fields.required("description", text);
    let owner = fields.required("owner", text);
    let contract = fields.required("contract", placed_text);
    let files = fields.required("files", filled(placed_text));
    let schedule = fields.optional("schedule", |node, problems| {
        schedule(node, setting, problems)
    });
    let limits = fields.optional("limits", limits);
    let settle = fields.optional("settle", duration);
    let store = fields.optional("store", map(word));
    fields.finish();

    Some(Source {
        id: file.placed(format!("{partner}/{}", file.stem)),
        partner: partner.to_owned(),
        description: description.unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        contract: contract?,
        files: files?,
        store: store.unwrap_or_default(),
        schedule,
        limits: limits.unwrap_or_default(),
        settle: settle.unwrap_or(Duration::from_secs(2)),
        hash: file.hash(),
    })
}

fn schedule(
    node: &Node,
    setting: &Setting<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Schedule> {
    let mut fields = Fields::of("a schedule", node, problems)?;
    let cron = fields.required("cron", cron);
    let zone = fields.optional("time_zone", time_zone);
    fields.finish();
    Some(Schedule {
        cron: cron?,
        time_zone: zone.unwrap_or(setting.time_zone),
    })
}

/// Five fields: no seconds, no years.
fn cron(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Placed<String>> {
    let text = placed_text(node, problems)?;
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    match parser.parse(&text) {
        Ok(_) => Some(text),
        Err(error) => {
            let error = error.to_string();
            let message = format!(
                "this is not a cron expression: {}",
                error.trim_end_matches('.')
            );
            let hint = "write five fields: minute, hour, day of the month, month, day of the week; `0 6 * * 1-5` is six o'clock on weekdays";
            problems.push(Diagnostic::error(text.place, message).hint(hint));
            None
        }
    }
}

fn limits(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Limits> {
    let usual = Limits::default();
    let mut fields = Fields::of("the limits", node, problems)?;
    let limits = Limits {
        max_bytes: fields
            .optional("max_bytes", size)
            .unwrap_or(usual.max_bytes),
        max_unzipped_bytes: fields
            .optional("max_unzipped_bytes", size)
            .unwrap_or(usual.max_unzipped_bytes),
        max_zip_ratio: fields
            .optional("max_zip_ratio", count)
            .unwrap_or(usual.max_zip_ratio),
        max_zip_members: fields
            .optional("max_zip_members", count)
            .unwrap_or(usual.max_zip_members),
        max_columns: fields
            .optional("max_columns", count)
            .unwrap_or(usual.max_columns),
        max_line_bytes: fields
            .optional("max_line_bytes", size)
            .map_or(usual.max_line_bytes, |bytes| {
                usize::try_from(bytes).unwrap_or(usize::MAX)
            }),
    };
    fields.finish();
    Some(limits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{problems, problems_when, project};

    const FILE: &str = "pipelines/council/requests.yaml";

    #[test]
    fn the_example_is_read() {
        let source = project(&[]).sources.remove(0);
        assert_eq!(source.id.value, "council/requests");
        assert_eq!(source.files[0].value, "./extracts/**/requests.csv");
        assert_eq!(
            source.limits,
            Limits {
                max_bytes: 2 << 30,
                ..Limits::default()
            }
        );
        assert_eq!(source.settle, Duration::from_secs(5));
        assert_eq!(
            source.store,
            [("aws_region".to_owned(), "eu-west-2".to_owned())]
        );
        assert_eq!(source.schedule.unwrap().cron.value, "0 6 * * 1-5");
    }

    #[test]
    fn an_unknown_key_is_told_with_what_was_meant() {
        assert_eq!(
            problems_when(FILE, "schedule:", "shedule:"),
            [
                "pipelines/council/requests.yaml:6:1: a source has no key \"shedule\"; did you mean \"schedule\"?"
            ]
        );
        assert_eq!(
            problems_when(FILE, "max_bytes", "biggest"),
            [
                "pipelines/council/requests.yaml:7:10: the limits has no key \"biggest\"; its keys are: max_bytes, max_unzipped_bytes, max_zip_ratio, max_zip_members, max_columns, max_line_bytes"
            ]
        );
    }

    #[test]
    fn a_wrong_type_is_told() {
        assert_eq!(
            problems_when(
                FILE,
                "description: Requests for assessment",
                "description: 7"
            ),
            [
                "pipelines/council/requests.yaml:1:14: this must be a text, and it is a number; put it in quotes if it is meant as text: \"7\""
            ]
        );
        assert_eq!(
            problems_when(FILE, "owner: SEND data team", "owner:"),
            [
                "pipelines/council/requests.yaml:2:1: the key \"owner\" has no value; write one after the colon, or take the line out"
            ]
        );
        assert_eq!(
            problems_when(FILE, "files:\n  - $", "files: $"),
            [
                "pipelines/council/requests.yaml:4:8: this must be a list, and it is a text; write `[one, another]`, or one `- item` a line"
            ]
        );
        assert_eq!(
            problems_when(FILE, "2 GiB", "2 gigs"),
            [
                "pipelines/council/requests.yaml:7:21: \"2 gigs\" is not a size; write a number and B, KiB, MiB or GiB: 2 GiB"
            ]
        );
    }

    #[test]
    fn a_contract_that_does_not_exist_is_told_with_what_was_meant() {
        let told = problems_when(
            FILE,
            "contract: council/requests",
            "contract: council/request",
        );
        assert_eq!(
            told[0],
            "pipelines/council/requests.yaml:3:11: there is no contract or delivery \"council/request\"; did you mean \"council/requests\"?"
        );
        assert!(told[1].starts_with(
            "schemas/council/requests.yaml:1:1: no source delivers by \"council/requests\""
        ));
    }

    #[test]
    fn a_cron_expression_is_checked() {
        for wrong in ["0 25 * * *", "0 0 6 * * 1", "often"] {
            let told = problems_when(FILE, "0 6 * * 1-5", wrong);
            assert_eq!(told.len(), 1, "{wrong}: {told:?}");
            assert!(
                told[0].starts_with(
                    "pipelines/council/requests.yaml:6:19: this is not a cron expression: "
                ),
                "{told:?}"
            );
        }
    }

    #[test]
    fn many_problems_in_one_file_are_told_at_once() {
        let text = "description: 1\nowners: us\ncontract: council/requests\nfiles: []\nsettle: soon\nlimits: {max_columns: many}\n";
        assert_eq!(
            problems(&[(FILE, Some(text))]),
            [
                "pipelines/council/requests.yaml:1:1: a source needs the key \"owner\"; is \"owners\" meant to be \"owner\"?",
                "pipelines/council/requests.yaml:1:14: this must be a text, and it is a number; put it in quotes if it is meant as text: \"1\"",
                "pipelines/council/requests.yaml:2:1: a source has no key \"owners\"; did you mean \"owner\"?",
                "pipelines/council/requests.yaml:4:8: this list is empty; write at least one item",
                "pipelines/council/requests.yaml:5:9: \"soon\" is not a span of time; write a number and s, m or h: 2 s",
                "pipelines/council/requests.yaml:6:23: this must be a whole number, 0 or more, and it is a text; write digits only",
            ]
        );
    }

    #[test]
    fn a_wrong_value_that_a_variable_brought_in_is_not_shown() {
        for text in [
            "settle: ${SET}",
            "limits: {max_columns: \"${SET}\"}",
            "schedule: {cron: \"${SET}\"}",
        ] {
            let key = text.split(':').next().unwrap();
            let rest: Vec<&str> = crate::testing::sound(FILE)
                .lines()
                .filter(|line| !line.starts_with(key))
                .collect();
            let told = problems(&[(FILE, Some(&format!("{}\n{text}\n", rest.join("\n"))))]);
            assert!(
                !told.is_empty() && !told.concat().contains("secret"),
                "{told:?}"
            );
        }
    }
}
