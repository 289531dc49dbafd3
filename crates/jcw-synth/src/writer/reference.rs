//! Published reference files about the made-up area: its establishments as Get
//! Information about Schools lists them, which area a postcode lies in as the
//! ONS Postcode Directory has it, and how deprived each area is.
//!
//! Codes are of the right shape and cannot be real: establishments 990001 to
//! 990060, areas from E01990001 on. They depend on nothing but the place, so
//! every world has the same.

use super::output::Output;
use super::text::{DATABASE, PLAIN};
use crate::Error;
use crate::world::World;
use crate::world::place::{Area, postcodes};
use crate::world::setting::{Group, Phase, Setting, settings};

/// Writes all three.
pub(crate) fn write(world: &World, output: &mut Output) -> Result<(), Error> {
    let made = world.last_day().format("%Y%m%d");
    let path = format!("extracts/reference/edubasealldata{made}.csv");
    let file = output
        .spool
        .file(&path, 2, || DATABASE.header(ESTABLISHMENT));
    for setting in settings() {
        let cells = establishment(setting);
        output.spool.record(file, 1, |out| {
            DATABASE.line(out, cells.iter().map(String::as_str));
        })?;
    }
    // Whoever loads another shape alone looks postcodes up too.
    for root in ["extracts", "shapes/blade", "shapes/template", "shapes/icb"] {
        let path = format!("{root}/reference/postcodes.csv");
        let labels = ["pcds", "lsoa21"];
        let file = output.spool.file(&path, 2, || PLAIN.header(labels));
        for postcode in postcodes() {
            let Some(area) = Area::of(&postcode) else {
                continue;
            };
            output.spool.record(file, 1, |out| {
                PLAIN.line(out, [postcode.as_str(), &area.code()]);
            })?;
        }
    }
    let path = "extracts/reference/lsoa_deprivation_2025.csv";
    let labels = ["lsoa21", "imd_decile"];
    let file = output.spool.file(path, 2, || PLAIN.header(labels));
    for area in Area::all() {
        let decile = area.decile().to_string();
        output.spool.record(file, 1, |out| {
            PLAIN.line(out, [area.code().as_str(), &decile]);
        })?;
    }
    Ok(())
}

/// Labels of the full extract, those of them that are about what a setting is.
const ESTABLISHMENT: [&str; 21] = [
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentNumber",
    "EstablishmentName",
    "TypeOfEstablishment (code)",
    "TypeOfEstablishment (name)",
    "EstablishmentStatus (code)",
    "EstablishmentStatus (name)",
    "OpenDate",
    "CloseDate",
    "PhaseOfEducation (code)",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "UKPRN",
    "TypeOfResourcedProvision (name)",
    "ResourcedProvisionOnRoll",
    "ResourcedProvisionCapacity",
    "SenUnitOnRoll",
    "SenUnitCapacity",
];

fn establishment(setting: &Setting) -> [String; 21] {
    let (phase, phase_name, low, high) = match setting.phase {
        Phase::Nursery => ("1", "Nursery", 2, 5),
        Phase::Primary => ("2", "Primary", 4, 11),
        Phase::Secondary => ("4", "Secondary", 11, 16),
        Phase::Post16 => ("6", "16 plus", 16, 25),
        Phase::Special => ("0", "Not applicable", 4, 19),
        Phase::Alternative => ("0", "Not applicable", 5, 16),
    };
    let resourced = match (setting.resourced_provision, setting.sen_unit) {
        (true, true) => "Resourced provision and SEN unit",
        (true, false) => "Resourced provision",
        (false, true) => "SEN unit",
        (false, false) => "Not applicable",
    };
    let places = |has: bool, count: &str| match has {
        true => count.to_owned(),
        false => String::new(),
    };
    let authority = match setting.authority {
        881 => "Essex",
        882 => "Southend-on-Sea",
        883 => "Thurrock",
        _ => "Not recorded",
    };
    // Academies opened when they converted; GIAS does not know when the rest did.
    let opened = match setting.group {
        Group::MainstreamAcademy | Group::SpecialAcademy | Group::AlternativeAcademy => {
            "01-09-2012"
        }
        Group::MainstreamFree => "01-09-2013",
        _ => "",
    };
    [
        setting.urn.to_owned(),
        setting.authority.to_string(),
        authority.to_owned(),
        setting.laestab.get(3..).unwrap_or_default().to_owned(),
        setting.name.to_owned(),
        setting.type_code.to_owned(),
        setting.type_name.to_owned(),
        "1".to_owned(),
        "Open".to_owned(),
        opened.to_owned(),
        String::new(),
        phase.to_owned(),
        phase_name.to_owned(),
        low.to_string(),
        high.to_string(),
        setting.ukprn.to_owned(),
        resourced.to_owned(),
        places(setting.resourced_provision, "14"),
        places(setting.resourced_provision, "16"),
        places(setting.sen_unit, "11"),
        places(setting.sen_unit, "12"),
    ]
}
