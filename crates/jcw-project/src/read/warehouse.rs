//! Reads `pipelines/warehouse.yaml`.

use super::File;
use crate::diagnostic::Diagnostic;
use crate::expand::Environment;
use crate::fields::Fields;
use crate::retention::Retention;
use crate::value::{days, filled, name, placed_text, size, text, time_zone};
use crate::warehouse::{Partner, Warehouse};
use crate::yaml::{self, Node};

/// Words that SQL schemas and folders of the project already use.
const TAKEN: [&str; 11] = [
    "core",
    "identity",
    "information_schema",
    "jcw",
    "metrics",
    "models",
    "published",
    "public",
    "seed",
    "seeds",
    "staging",
];

pub(crate) fn read(
    file: &File,
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> Option<Warehouse> {
    let node = yaml::read(&file.path, &file.text, environment, problems)?;
    let mut fields = Fields::of("the warehouse", &node, problems)?;
    let warehouse_name = fields.required("name", text);
    let lake = fields.required("lake", placed_text);
    let vault = fields.optional("vault", placed_text);
    let vault_retention = fields.optional("vault_retention", retention);
    let zone = fields.optional("time_zone", time_zone);
    let memory = fields.optional("memory", size);
    let home_area = fields.optional("home_area", text);
    let partners = fields.required("partners", filled(partner));
    fields.finish();

    let partners = partners?;
    for (at, partner) in partners.iter().enumerate() {
        if partners[..at].iter().any(|other| *other.id == *partner.id) {
            let message = format!("there are two partners \"{}\"", *partner.id);
            problems.push(
                Diagnostic::error(partner.id.place.clone(), message)
                    .hint("give each partner its own id"),
            );
        }
    }
    Some(Warehouse {
        name: warehouse_name?,
        lake: lake?,
        vault,
        vault_retention: vault_retention.unwrap_or_default(),
        time_zone: zone.unwrap_or(chrono_tz::Europe::London),
        memory,
        home_area,
        partners,
    })
}

fn retention(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Retention> {
    let mut fields = Fields::of("`vault_retention`", node, problems)?;
    let retention = Retention {
        landed: fields.optional("landed", days),
        rejects: fields.optional("rejects", days),
        standing: fields.optional("standing", days),
    };
    let place = fields.place();
    fields.finish();
    let is_shorter = |standing| retention.landed.is_none_or(|landed| standing < landed);
    if retention.standing.is_some_and(is_shorter) {
        let message = "files on which tables rest would go before those on which none does";
        let hint = "make `landed` no longer than `standing`, or leave `standing` out: then they are kept for ever";
        problems.push(Diagnostic::error(place, message).hint(hint));
    }
    Some(retention)
}

fn partner(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Partner> {
    let mut fields = Fields::of("a partner", node, problems)?;
    let id = fields.required("id", name);
    let partner_name = fields.required("name", text);
    let organisation = fields.optional("organisation", text);
    fields.finish();

    let id = id?;
    if TAKEN.contains(&id.as_str()) {
        let message = format!(
            "a partner cannot be called \"{}\": the warehouse uses that word itself",
            *id
        );
        problems.push(Diagnostic::error(id.place.clone(), message).hint("choose another id"));
    }
    Some(Partner {
        id,
        name: partner_name?,
        organisation,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems, problems_when, project};

    const FILE: &str = "pipelines/warehouse.yaml";

    #[test]
    fn the_example_is_read() {
        let warehouse = project(&[]).warehouse;
        assert_eq!(warehouse.lake.value, "./lake");
        assert_eq!(warehouse.time_zone, chrono_tz::Europe::London);
        assert_eq!(warehouse.home_area.as_deref(), Some("E06000033"));
        assert_eq!(warehouse.partners[1].organisation, None);
    }

    #[test]
    fn how_long_the_vault_keeps_things_is_a_number_of_days_or_for_ever() {
        assert!(project(&[]).warehouse.vault_retention.is_for_ever());
        let with = |setting: &str| format!("Europe/London\nvault_retention: {setting}");
        let told = |setting: &str| problems_when(FILE, "Europe/London", &with(setting));
        assert!(told("{landed: 400 days, rejects: 1 day, standing: 400 days}").is_empty());
        assert_eq!(
            told("{landed: 13 months}"),
            [
                "pipelines/warehouse.yaml:4:27: \"13 months\" is not a time to keep something; write a number of days: 400 days"
            ]
        );
        for early in [
            "{standing: 10 days}",
            "{landed: 20 days, standing: 10 days}",
        ] {
            let told = told(early);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains("would go before"), "{told:?}");
        }
    }

    #[test]
    fn a_project_without_a_warehouse_file_says_so() {
        let problems = problems(&[(FILE, None)]);
        assert!(
            problems[0].starts_with("pipelines/warehouse.yaml:1:1: there is no such file"),
            "{problems:?}"
        );
    }

    #[test]
    fn partners_have_ids_of_their_own() {
        assert_eq!(
            problems_when(FILE, "id: eput", "id: council"),
            [
                "pipelines/warehouse.yaml:7:10: there are two partners \"council\"; give each partner its own id"
            ]
        );
        assert_eq!(
            problems_when(FILE, "id: eput", "id: staging"),
            [
                "pipelines/warehouse.yaml:7:10: a partner cannot be called \"staging\": the warehouse uses that word itself; choose another id"
            ]
        );
        assert_eq!(
            problems_when(FILE, "id: eput", "id: Eput"),
            [
                "pipelines/warehouse.yaml:7:10: \"Eput\" cannot be a name here; use lower-case letters, digits and underscores, and begin with a letter"
            ]
        );
    }

    #[test]
    fn a_time_zone_that_does_not_exist_is_told() {
        assert_eq!(
            problems_when(FILE, "Europe/London", "Europe/Lodnon"),
            [
                "pipelines/warehouse.yaml:3:12: there is no time zone \"Europe/Lodnon\"; did you mean \"Europe/London\"?"
            ]
        );
    }

    #[test]
    fn a_variable_without_a_value_is_named() {
        assert_eq!(
            problems_when(FILE, "${JCW_LAKE:-./lake}", "s3://${BUCKET}/lake"),
            [
                "pipelines/warehouse.yaml:2:12: the environment variable BUCKET is not set; set BUCKET, or write a default: ${BUCKET:-...}"
            ]
        );
    }
}
