//! Reads `pipelines/warehouse.yaml`.

use super::File;
use crate::diagnostic::Diagnostic;
use crate::expand::Environment;
use crate::fields::Fields;
use crate::value::{list, name, placed_text, text, time_zone};
use crate::warehouse::{Partner, Warehouse};
use crate::yaml::{self, Node};

/// Words that SQL schemas and folders of the project already use.
const TAKEN: [&str; 10] = [
    "core", "information_schema", "jcw", "metrics", "models", "published", "public", "seed", "seeds", "staging",
];

pub(crate) fn read(file: &File, environment: &dyn Environment, problems: &mut Vec<Diagnostic>) -> Option<Warehouse> {
    let node = yaml::read(&file.path, &file.text, environment, problems)?;
    let mut fields = Fields::of("the warehouse", &node, problems)?;
    let warehouse_name = fields.required("name", text);
    let lake = fields.required("lake", placed_text);
    let zone = fields.optional("time_zone", time_zone);
    let home_area = fields.optional("home_area", text);
    let partners = fields.required("partners", list(partner));
    fields.finish();

    let partners = partners?;
    for (at, partner) in partners.iter().enumerate() {
        if partners[..at].iter().any(|other| *other.id == *partner.id) {
            let message = format!("there are two partners \"{}\"", *partner.id);
            problems.push(Diagnostic::error(partner.id.place.clone(), message).hint("give each partner its own id"));
        }
    }
    Some(Warehouse {
        name: warehouse_name?,
        lake: lake?,
        time_zone: zone.unwrap_or(chrono_tz::Europe::London),
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
        let message = format!("a partner cannot be called \"{}\": the warehouse uses that word itself", *id);
        problems.push(Diagnostic::error(id.place.clone(), message).hint("choose another id"));
    }
    Some(Partner { id, name: partner_name?, organisation })
}
