//! The commissioner's files: which commissioning body followed which, what an
//! hour of a practitioner costs, the schools grant, children in need, and
//! people. Codes and names are real, every figure is invented.

use crate::Error;
use crate::area::{Area, areas};
use crate::council::{Whole, academic_year};
use crate::draw::{Draws, percentage, split};
use crate::sitrep::dated_workbook;
use crate::text_file::{Dialect, TextFile};
use rust_xlsxwriter::XlsxError;

/// All text files of the commissioner.
pub(crate) fn files(draws: Draws) -> Vec<TextFile> {
    vec![
        sub_icbs(),
        ccgs(),
        alliances(),
        unit_costs(draws),
        children_in_need_disability(draws),
        children_in_need_sen(draws),
        population(draws),
    ]
}

/// Code of the sub-ICB location (and of the CCG before it), its ONS code, the
/// CCG's name, and the ICB's place in [`BOARDS`].
const PLACES: [(&str, &str, &str, usize); 8] = [
    ("99E", "E38000007", "Basildon and Brentwood", 0),
    ("99F", "E38000030", "Castle Point and Rochford", 0),
    ("06Q", "E38000106", "Mid Essex", 0),
    ("99G", "E38000168", "Southend", 0),
    ("07G", "E38000185", "Thurrock", 0),
    ("07H", "E38000197", "West Essex", 1),
    ("06H", "E38000260", "Cambridgeshire and Peterborough", 2),
    ("A3A8R", "E38000255", "North East London", 3),
];

/// Code, ONS code, name, region's code, ONS code and name, alliance's code and name.
const BOARDS: [[&str; 8]; 4] = [
    [
        "QH8",
        "E54000026",
        "Mid and South Essex",
        "Y61",
        "E40000007",
        "East of England",
        "E56000023",
        "East of England - South",
    ],
    [
        "QM7",
        "E54000025",
        "Hertfordshire and West Essex",
        "Y61",
        "E40000007",
        "East of England",
        "E56000023",
        "East of England - South",
    ],
    [
        "QUE",
        "E54000056",
        "Cambridgeshire and Peterborough",
        "Y61",
        "E40000007",
        "East of England",
        "E56000022",
        "East of England - North",
    ],
    [
        "QMF",
        "E54000029",
        "North East London",
        "Y56",
        "E40000003",
        "London",
        "E56000028",
        "North East London",
    ],
];

#[rustfmt::skip]
fn sub_icbs() -> TextFile {
    let header = ["SICBL22CD", "SICBL22CDH", "SICBL22NM", "ICB22CD", "ICB22CDH", "ICB22NM", "NHSER22CD", "NHSER22CDH", "NHSER22NM", "ObjectId"];
    let mut file = TextFile::new("commissioner/subicb_icb_region_2022-07.csv", Dialect::MarkedLf, &header);
    for (number, (code, ons, _, board)) in (1..).zip(PLACES) {
        let [icb, icb_ons, name, region, region_ons, region_name, ..] = BOARDS[board];
        file.push(&[
            ons, code, &format!("NHS {name} ICB - {code}"),
            icb_ons, icb, &format!("NHS {name} Integrated Care Board"),
            region_ons, region, region_name, &number.to_string(),
        ]);
    }
    file
}

fn ccgs() -> TextFile {
    let header = ["FID", "CCG21CD", "CCG21CDH", "CCG21NM"];
    let mut file = TextFile::new("commissioner/ccg_2021-04.csv", Dialect::MarkedLf, &header);
    for (number, (code, ons, name, _)) in (1..).zip(PLACES) {
        file.push(&[&number.to_string(), ons, code, &format!("NHS {name} CCG")]);
    }
    file
}

#[rustfmt::skip]
fn alliances() -> TextFile {
    let header = ["CCG21CD", "CCG21CDH", "CCG21NM", "STP21CD", "STP21CDH", "STP21NM", "CAL21CD", "CAL21NM", "FID"];
    let mut file = TextFile::new("commissioner/ccg_icb_to_cancer_alliance.csv", Dialect::MarkedLf, &header);
    for (number, (code, ons, name, board)) in (1..).zip(PLACES) {
        let [icb, icb_ons, system, _, _, _, alliance, alliance_name] = BOARDS[board];
        file.push(&[ons, code, &format!("NHS {name} CCG"), icb_ons, icb, system, alliance, alliance_name, &number.to_string()]);
    }
    file
}

fn unit_costs(draws: Draws) -> TextFile {
    let header = [
        "practitioner_role_group",
        "cost_per_hour_gbp",
        "cost_per_minute_gbp",
        "afc_band",
        "is_proxy",
        "proxy_source",
        "pssru_table_ref",
        "notes",
    ];
    let mut file = TextFile::new(
        "commissioner/pssru_unit_costs_2024.csv",
        Dialect::Lf,
        &header,
    );
    let roles = [
        ("Community paediatrician", 150.0, "", ""),
        ("Speech and language therapist", 52.0, "Band 6", ""),
        ("Occupational therapist", 52.0, "Band 6", ""),
        ("Physiotherapist", 52.0, "Band 6", "Occupational therapist"),
        ("Community nurse", 44.0, "Band 5", ""),
        ("Educational psychologist", 63.0, "", ""),
    ];
    for (role, cost, band, borrowed) in roles {
        let pence = (cost * draws.between(0.9, 1.1, &["unit cost", role])).round() as i64 * 100;
        let minute = (pence + 30) / 60;
        file.push(&[
            role,
            &pounds(pence),
            &pounds(minute),
            band,
            if borrowed.is_empty() { "false" } else { "true" },
            borrowed,
            "Table 0.0.0",
            "Made up; not a cost that anybody has worked out.",
        ]);
    }
    file.push(&["Admin", "", "", "", "false", "", "", "Not costed."]);
    file
}

fn pounds(pence: i64) -> String {
    format!("{}.{:02}", pence / 100, pence % 100)
}

fn count(draws: Draws, whole: Whole, area: &Area, year: i32) -> i64 {
    area.parts
        .iter()
        .map(|leaf| whole.count(draws, *leaf, year))
        .sum()
}

/// Regions and England are printed to the nearest ten.
fn rounded(count: i64, area: &Area) -> i64 {
    if area.leaf.is_some() {
        count
    } else {
        (count + 5) / 10 * 10
    }
}

/// `time_period ... region_name`, then the authority's cells in this file's order.
fn shared(period: String, kind: &str, area: &Area, authority: [usize; 3]) -> Vec<String> {
    let mut row = vec![period, kind.to_owned()];
    row.extend(area.place_cells());
    row.extend(authority.map(|cell| area.authority()[cell].to_owned()));
    row
}

const OLD_NEW_NAME: [usize; 3] = [1, 0, 2];
const OLD_NAME_NEW: [usize; 3] = [1, 2, 0];

#[rustfmt::skip]
fn children_in_need_disability(draws: Draws) -> TextFile {
    let header = [
        "time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code",
        "region_name", "old_la_code", "new_la_code", "la_name", "category", "At31_episodes",
        "At31_episodes_disability_recorded", "At31_episodes_disability_recorded_percent", "Autism_percent",
        "Behaviour_percent", "Communication_percent", "Consciousness_percent", "Hand_Function_percent",
        "Hearing_percent", "Incontinence_percent", "Learning_Difficulties_percent", "Mobility_percent",
        "Personal_care_percent", "Vision_percent", "Other_percent",
    ];
    let path = "commissioner/b2_children_in_need_recorded_disability_2022_to_2024.csv";
    let mut file = TextFile::new(path, Dialect::Crlf, &header);
    for year in [2024, 2023, 2022] {
        for area in areas() {
            let all = rounded(count(draws, Whole("children in need", 0.7), &area, year), &area);
            let disabled = rounded(all * 14 / 100, &area);
            let mut row = shared(year.to_string(), "Reporting year", &area, OLD_NEW_NAME);
            row.extend(["Recorded disability".to_owned(), all.to_string(), disabled.to_string(), percentage(disabled, all)]);
            for kind in &header[14..] {
                let words = [area.code(), kind, &year.to_string()];
                // The publisher withholds small counts of authorities.
                let is_withheld = area.leaf.is_some() && draws.unit(&["withheld", words[0], words[1]]) < 0.15;
                let share = (disabled as f64 * draws.between(0.02, 0.4, &words)) as i64;
                row.push(if is_withheld { "c".to_owned() } else { percentage(share, disabled) });
            }
            file.rows.push(row);
        }
    }
    file
}

#[rustfmt::skip]
fn children_in_need_sen(draws: Draws) -> TextFile {
    let needs = ["ASD", "HI", "MLD", "MSI", "NSA", "OTH", "PD", "PMLD", "SEMH", "SLCN", "SLD", "SPLD", "VI"];
    let provision = ["no_identified_SEN", "all_SEN", "SEN_support", "statement_or_EHC_plan"];
    let labels = || provision.into_iter().chain(needs);
    let start = [
        "time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code",
        "region_name", "old_la_code", "la_name", "new_la_code", "social_care_group", "t_pupils",
    ];
    let header: Vec<String> = start.iter().map(|label| (*label).to_owned())
        .chain(labels().map(|label| format!("t_{label}")))
        .chain(labels().map(|label| format!("pt_{label}"))).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut file = TextFile::new("commissioner/cin_sen_la.csv", Dialect::Lf, &header);
    let groups = [
        ("CINO at 31 March", Whole("pupils in need", 0.3)),
        ("CPPO at 31 March", Whole("pupils on a protection plan", 0.07)),
        ("CLA 12 months at 31 March", Whole("pupils looked after", 0.09)),
    ];
    for (group, whole) in groups {
        for (year, area) in [2023, 2022, 2021].into_iter().flat_map(|year| areas().into_iter().map(move |area| (year, area))) {
            let pupils = rounded(count(draws, whole, &area, year), &area);
            let weights = |words: &[&str], shares: &[f64]| -> Vec<f64> {
                shares.iter().enumerate().map(|(i, share)| share * draws.between(0.8, 1.2, &[words, &[&i.to_string()]].concat())).collect()
            };
            let parts = split(pupils, &weights(&[area.code(), group], &[0.5, 0.24, 0.26]));
            let all = pupils - parts[0];
            let by_need = split(all, &weights(&[area.code(), group, "need"], &[0.2, 0.02, 0.12, 0.01, 0.03, 0.03, 0.03, 0.03, 0.3, 0.15, 0.04, 0.03, 0.01]));
            let provided = [parts[0], all, parts[1], parts[2]];
            // The publisher withholds one to five pupils of an authority.
            let shown = |count: i64, text: String| if area.leaf.is_some() && (1..6).contains(&count) { "c".to_owned() } else { text };
            let mut row = shared(academic_year(year), "Academic year", &area, OLD_NAME_NEW);
            row.extend([group.to_owned(), pupils.to_string()]);
            row.extend(provided.iter().chain(&by_need).map(|count| shown(*count, count.to_string())));
            row.extend(provided.iter().map(|count| shown(*count, percentage(*count, pupils))));
            row.extend(by_need.iter().map(|count| shown(*count, percentage(*count, all))));
            file.rows.push(row);
        }
    }
    file
}

#[rustfmt::skip]
fn population(draws: Draws) -> TextFile {
    let header = [
        "time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code",
        "region_name", "old_la_code", "new_la_code", "la_name", "age_group", "population_estimate",
    ];
    let path = "commissioner/ons_mid-year_population_estimates_2021_to_2024.csv";
    let mut file = TextFile::new(path, Dialect::MarkedCrlf, &header);
    for year in [2024, 2023, 2022, 2021] {
        for area in areas() {
            let children = count(draws, Whole("children", 21.0), &area, year);
            let mut row = shared(year.to_string(), "Reporting year", &area, OLD_NEW_NAME);
            row.extend(["Children aged 0 to 17 years".to_owned(), children.to_string()]);
            file.rows.push(row);
        }
    }
    file
}

/// The workbook of the Dedicated Schools Grant, one sheet for each year.
pub(crate) const GRANT: &str = "commissioner/DSG_by_year_dr.xlsx";

/// The workbook's bytes, the same every time.
pub(crate) fn grant(draws: Draws) -> Result<Vec<u8>, Error> {
    grant_workbook(draws).map_err(|source| Error::Workbook {
        file: GRANT.to_owned(),
        source,
    })
}

fn grant_workbook(draws: Draws) -> Result<Vec<u8>, XlsxError> {
    let mut book = dated_workbook()?;
    let sheets = [
        ("dsg_budget_2022_03_17", 2021),
        ("dsg_budget_2023_03_16", 2022),
        ("dsg_budget_2024_03_30", 2023),
    ];
    for (name, year) in sheets {
        let sheet = book.add_worksheet().set_name(name)?;
        let header = [
            "la_code",
            "la_name",
            "Total DSG allocation (£s)",
            "time_period",
        ];
        sheet.write_row(0, 0, header)?;
        // England first, then authorities, then regions.
        let mut rows = areas();
        rows[1..].sort_by_key(|area| area.leaf.is_none());
        for (row, area) in (1u32..).zip(&rows) {
            let [_, number, name] = area.authority();
            let code = match (area.leaf, area.region) {
                (Some(_), _) => number,
                (None, Some(region)) => region.name,
                (None, None) => "ENGLAND",
            };
            sheet.write_string(row, 0, code)?;
            sheet.write_string(row, 1, name)?;
            sheet.write_number(
                row,
                2,
                count(draws, Whole("schools grant", 98_000.0), area, year) as f64,
            )?;
            sheet.write_string(row, 3, academic_year(year))?;
        }
    }
    book.save_to_buffer()
}
