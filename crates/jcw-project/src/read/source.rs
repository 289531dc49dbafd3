//! Reads `pipelines/<partner>/<source>.yaml`.

use super::{File, Setting};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::Placed;
use crate::source::{Limits, Schedule, Source};
use crate::value::{count, duration, list, map, placed_text, size, text, time_zone, word};
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
    let files = fields.required("files", list(placed_text));
    let schedule = fields.optional("schedule", |node, problems| schedule(node, setting, problems));
    let limits = fields.optional("limits", limits);
    let settle = fields.optional("settle", duration);
    let store = fields.optional("store", map(word));
    fields.finish();

    Some(Source {
        id: file.placed(format!("{partner}/{}", file.stem)),
        partner: partner.to_owned(),
        description: description?,
        owner: owner?,
        contract: contract?,
        files: files?,
        store: store.unwrap_or_default(),
        schedule,
        limits: limits.unwrap_or_default(),
        settle: settle.unwrap_or(Duration::from_secs(2)),
        hash: file.hash(),
    })
}

fn schedule(node: &Node, setting: &Setting<'_>, problems: &mut Vec<Diagnostic>) -> Option<Schedule> {
    let mut fields = Fields::of("a schedule", node, problems)?;
    let cron = fields.required("cron", cron);
    let zone = fields.optional("time_zone", time_zone);
    fields.finish();
    Some(Schedule { cron: cron?, time_zone: zone.unwrap_or(setting.time_zone) })
}

/// Five fields: no seconds, no years.
fn cron(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Placed<String>> {
    let text = placed_text(node, problems)?;
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    match parser.parse(&text) {
        Ok(_) => Some(text),
        Err(error) => {
            let error = error.to_string();
            let message = format!("this is not a cron expression: {}", error.trim_end_matches('.'));
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
        max_bytes: fields.optional("max_bytes", size).unwrap_or(usual.max_bytes),
        max_unzipped_bytes: fields.optional("max_unzipped_bytes", size).unwrap_or(usual.max_unzipped_bytes),
        max_zip_ratio: fields.optional("max_zip_ratio", count).unwrap_or(usual.max_zip_ratio),
        max_zip_members: fields.optional("max_zip_members", count).unwrap_or(usual.max_zip_members),
        max_columns: fields.optional("max_columns", count).unwrap_or(usual.max_columns),
        max_line_bytes: fields
            .optional("max_line_bytes", size)
            .map_or(usual.max_line_bytes, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
    };
    fields.finish();
    Some(limits)
}
