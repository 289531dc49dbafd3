//! Reads `pipelines/warehouse.yaml`.

use super::File;
use crate::diagnostic::Diagnostic;
use crate::expand::Environment;
use crate::fields::Fields;
use crate::value::{filled, name, placed_text, size, text, time_zone};
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
        time_zone: zone.unwrap_or(chrono_tz::Europe::London),
        memory,
        home_area,
        partners,
    })
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
