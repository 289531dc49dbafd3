//! The rows and columns of a SitRep table: organisations, service lines, lengths
//! of wait, as NHS England prints them.

/// Code, name, and where the figures of its providers go up to.
pub(super) struct Organisation {
    pub(super) kind: &'static str,
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) within: &'static str,
}

const fn org(
    kind: &'static str,
    code: &'static str,
    name: &'static str,
    within: &'static str,
) -> Organisation {
    Organisation {
        kind,
        code,
        name,
        within,
    }
}

/// In the order of the rows.
pub(super) const ORGANISATIONS: [Organisation; 17] = [
    org("National", "", "England", ""),
    org("Region", "Y61", "East of England", ""),
    org("Region", "Y56", "London", ""),
    org("ICB", "QUE", "Cambridgeshire and Peterborough", "Y61"),
    org("ICB", "QM7", "Hertfordshire and West Essex", "Y61"),
    org("ICB", "QH8", "Mid and South Essex", "Y61"),
    org("ICB", "QMM", "Norfolk and Waveney", "Y61"),
    org("ICB", "QMF", "North East London", "Y56"),
    org("ICB", "QJG", "Suffolk and North East Essex", "Y61"),
    org(
        "Provider",
        "RYV",
        "Cambridgeshire Community Services NHS Trust",
        "QUE",
    ),
    org("Provider", "RWK", "East London NHS Foundation Trust", "QMF"),
    org(
        "Provider",
        "R1L",
        "Essex Partnership University NHS Foundation Trust",
        "QH8",
    ),
    org(
        "Provider",
        "RY4",
        "Hertfordshire Community NHS Trust",
        "QM7",
    ),
    org(
        "Provider",
        "RAJ",
        "Mid and South Essex NHS Foundation Trust",
        "QH8",
    ),
    org(
        "Provider",
        "RY3",
        "Norfolk Community Health and Care NHS Trust",
        "QMM",
    ),
    org(
        "Provider",
        "RAT",
        "North East London NHS Foundation Trust",
        "QMF",
    ),
    org(
        "Provider",
        "RDE",
        "East Suffolk and North Essex NHS Foundation Trust",
        "QJG",
    ),
];

/// Sheet, title, and the share of everybody waiting that is in the band.
pub(super) const BANDS: [(&str, &str, f64); 8] = [
    ("Table 4", "Total waiting list by service", 0.0),
    (
        "Table 4a",
        "Number waiting 0-1 weeks (0-7 days) by service",
        0.06,
    ),
    (
        "Table 4b",
        "Number waiting >1-2 weeks (8-14 days) by service",
        0.06,
    ),
    (
        "Table 4c",
        "Number waiting >2-4 weeks (15-28 days) by service",
        0.1,
    ),
    (
        "Table 4d",
        "Number waiting >4-12 weeks (29-84 days) by service",
        0.26,
    ),
    (
        "Table 4e",
        "Number waiting >12-18 weeks (85-126 days) by service",
        0.16,
    ),
    (
        "Table 4f",
        "Number waiting >18-52 weeks (127-364 days) by service",
        0.32,
    ),
    (
        "Table 4g",
        "Number waiting over 52 weeks (over 365 days) by service",
        0.04,
    ),
];

pub(super) const NOTES: [&str; 3] = [
    "Blanks indicate no organisation submitted for the service line.",
    "Every figure in this workbook is made up, in the shape of the published one.",
    "* Data for adult safeguarding, looked after children teams and children and young people's safeguarding is only published at national level to prevent risk of disclosing sensitive information.",
];

#[rustfmt::skip]
pub(super) const LINES: [&str; 47] = [
    "(A) Adult safeguarding", "(A) Audiology",
    "(A) Clinical support to social care, care homes and domiciliary care",
    "(A) Community nursing services", "(A) Home oxygen assessment services",
    "(A) Intermediate care and reablement", "(A) Musculoskeletal service",
    "(A) Neurorehabilitation (multi-disciplinary)",
    "(A) Nursing and Therapy support for LTCs: Continence/ colostomy",
    "(A) Nursing and Therapy support for LTCs: Diabetes",
    "(A) Nursing and Therapy support for LTCs: Falls",
    "(A) Nursing and Therapy support for LTCs: Heart failure",
    "(A) Nursing and Therapy support for LTCs: Lymphoedema",
    "(A) Nursing and Therapy support for LTCs: MND",
    "(A) Nursing and Therapy support for LTCs: MS",
    "(A) Nursing and Therapy support for LTCs: Respiratory/COPD",
    "(A) Nursing and Therapy support for LTCs: Stroke",
    "(A) Nursing and Therapy support for LTCs: TB",
    "(A) Nursing and Therapy support for LTCs: Tissue viability",
    "(A) Podiatry and podiatric surgery", "(A) Rehabilitation bed-based care",
    "(A) Rehabilitation services (integrated)", "(A) Therapy interventions: Dietetics",
    "(A) Therapy interventions: Occupational therapy", "(A) Therapy interventions: Orthotics",
    "(A) Therapy interventions: Physiotherapy", "(A) Therapy interventions: Speech and language",
    "(A) Urgent Community Response/Rapid Response team",
    "(A) Weight management and obesity services",
    "(A) Wheelchair, orthotics, prosthetics and equipment",
    "(CYP) Antenatal, new-born and children screening and immunisation services",
    "(CYP) Audiology", "(CYP) Child health information service",
    "(CYP) Community nursing services (planned care and rapid response teams)",
    "(CYP) Community paediatric service", "(CYP) Looked after children teams",
    "(CYP) New-born hearing screening",
    "(CYP) Nursing and Therapy teams support for long term conditions",
    "(CYP) Rapid Response Services", "(CYP) Safeguarding",
    "(CYP) Therapy interventions: Dietetics", "(CYP) Therapy interventions: Occupational therapy",
    "(CYP) Therapy interventions: Orthotics", "(CYP) Therapy interventions: Physiotherapy",
    "(CYP) Therapy interventions: Speech and language", "(CYP) Vision screening",
    "(CYP) Wheelchair, orthotics, prosthetics and equipment",
];
/// What EPUT runs in Southend; occupational therapy only when it was sent.
pub(super) const EPUT_LINES: [&str; 4] = [
    "(CYP) Community nursing services (planned care and rapid response teams)",
    "(CYP) Community paediatric service",
    "(CYP) Therapy interventions: Physiotherapy",
    "(CYP) Therapy interventions: Speech and language",
];
/// Published for England only.
pub(super) const WITHHELD: [&str; 3] = [
    "(A) Adult safeguarding",
    "(CYP) Looked after children teams",
    "(CYP) Safeguarding",
];
