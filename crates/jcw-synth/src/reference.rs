//! Reference files: kinds of school, links between schools, NHS trusts, who is
//! like whom, and what an ethnicity code means. Organisations' codes and names
//! are real; schools, links, addresses and lists of neighbours are made up.

use crate::area::LEAVES;
use crate::draw::Draws;
use crate::sitrep;
use crate::text_file::{Dialect, TextFile};

/// All reference files.
pub(crate) fn files(draws: Draws) -> Vec<TextFile> {
    vec![
        school_types(),
        school_links(),
        trusts("ods_etr.csv", &TRUSTS),
        trusts("ods_ect.csv", &CARE_TRUSTS),
        neighbours(),
        ethnicities(),
        sitrep::time_series(draws),
    ]
}

fn school_types() -> TextFile {
    let header = [
        "establishment-type-group-code",
        "establishment-type-group-name",
        "type-of-establishment-code",
        "type-of-establishment-name",
        "further-education-type-name-applicable",
    ];
    let mut file = TextFile::new(
        "reference/gias_establishment_types_20250422.csv",
        Dialect::Lf,
        &header,
    );
    for row in [
        ["1", "Colleges", "18", "Further education", ""],
        [
            "1",
            "Colleges",
            "18",
            "Further education",
            "General Further Education College",
        ],
        [
            "1",
            "Colleges",
            "18",
            "Further education",
            "Art, Design and Performing Arts College",
        ],
        [
            "3",
            "Independent schools",
            "11",
            "Other independent school",
            "",
        ],
        [
            "4",
            "Local authority maintained schools",
            "1",
            "Community school",
            "",
        ],
        [
            "4",
            "Local authority maintained schools",
            "14",
            "Pupil referral unit",
            "",
        ],
        ["5", "Special schools", "7", "Community special school", ""],
        [
            "5",
            "Special schools",
            "8",
            "Non-maintained special school",
            "",
        ],
        ["10", "Academies", "33", "Academy special sponsor led", ""],
        ["10", "Academies", "34", "Academy converter", ""],
    ] {
        file.push(&row);
    }
    file
}

fn school_links() -> TextFile {
    let header = [
        "URN",
        "LinkURN",
        "LinkName",
        "LinkType",
        "LinkEstablishedDate",
    ];
    let mut file = TextFile::new(
        "reference/gias_links_edubasealldata20250422.csv",
        Dialect::QuotedTextUnended,
        &header,
    );
    for (old, new, old_name, new_name, on) in [
        (
            "900001",
            "900101",
            "Estuary Infant School",
            "Estuary Primary Academy",
            "01-09-2019",
        ),
        (
            "900002",
            "900101",
            "Estuary Junior School",
            "Estuary Primary Academy",
            "01-09-2019",
        ),
        (
            "900003",
            "900103",
            "École Cliff View",
            "Cliff View Academy",
            "01-04-2021",
        ),
        (
            "900004",
            "900104",
            "Leigh Sands Special School",
            "Leigh Sands Academy, a Special Free School",
            "01-01-2022",
        ),
        (
            "900005",
            "900105",
            "Belfairs Lodge Pupil Referral Unit",
            "Belfairs Lodge Alternative Provision Academy",
            "",
        ),
    ] {
        file.push(&[old, new, new_name, "Successor", on]);
        file.push(&[new, old, old_name, "Predecessor", on]);
    }
    file
}

/// Code, name, region and board.
type Trust = [&'static str; 4];

const TRUSTS: [Trust; 8] = [
    [
        "R1L",
        "ESSEX PARTNERSHIP UNIVERSITY NHS FOUNDATION TRUST",
        "Y61",
        "QH8",
    ],
    [
        "RAJ",
        "MID AND SOUTH ESSEX NHS FOUNDATION TRUST",
        "Y61",
        "QH8",
    ],
    [
        "RAT",
        "NORTH EAST LONDON NHS FOUNDATION TRUST",
        "Y56",
        "QMF",
    ],
    [
        "RDE",
        "EAST SUFFOLK AND NORTH ESSEX NHS FOUNDATION TRUST",
        "Y61",
        "QJG",
    ],
    ["RWK", "EAST LONDON NHS FOUNDATION TRUST", "Y56", "QMF"],
    [
        "RY3",
        "NORFOLK COMMUNITY HEALTH AND CARE NHS TRUST",
        "Y61",
        "QMM",
    ],
    ["RY4", "HERTFORDSHIRE COMMUNITY NHS TRUST", "Y61", "QM7"],
    [
        "RYV",
        "CAMBRIDGESHIRE COMMUNITY SERVICES NHS TRUST",
        "Y61",
        "QUE",
    ],
];
const CARE_TRUSTS: [Trust; 1] = [[
    "TAF",
    "CAMDEN AND ISLINGTON NHS FOUNDATION TRUST",
    "Y56",
    "QMJ",
]];

/// No header, 27 quoted cells, as the Organisation Data Service has it. The
/// postcode is one that the NHS keeps for no place at all.
fn trusts(name: &str, trusts: &[Trust]) -> TextFile {
    let mut file = TextFile::new(&format!("reference/{name}"), Dialect::QuotedLf, &[]);
    file.rows.clear();
    for [code, trust, region, board] in trusts {
        let mut cells = vec![
            *code,
            *trust,
            *region,
            *board,
            "1 MADE-UP STREET",
            "",
            "",
            "NOWHERE",
            "",
            "ZZ99 3WZ",
            "20010401",
        ];
        cells.resize(27, "");
        cells[13] = if code.starts_with('T') { "T" } else { "" };
        cells[21] = "0";
        file.push(&cells);
    }
    file
}

/// Authorities across, their ten neighbours down, a row of commas at the end.
fn neighbours() -> TextFile {
    let others = [
        "Bury",
        "Leeds",
        "Kent",
        "Medway",
        "Swindon",
        "Suffolk",
        "North Tyneside",
    ];
    let known = |name: &'static str| {
        if name == "Bedford" {
            "Bedford Borough"
        } else {
            name
        }
    };
    let authorities: Vec<&str> = LEAVES
        .iter()
        .filter(|leaf| leaf.codes.is_some())
        .map(|leaf| known(leaf.name))
        .collect();
    let mut file = TextFile::new(
        "reference/la_statistical_neighbours.csv",
        Dialect::MarkedCrlf,
        &authorities,
    );
    // Each authority's list starts after itself, so that the lists differ.
    let lists: Vec<Vec<&str>> = (0..authorities.len())
        .map(|own| {
            let likes = authorities
                .iter()
                .cycle()
                .skip(own + 1)
                .take(authorities.len() - 1);
            likes.chain(&others).copied().take(10).collect()
        })
        .collect();
    for rank in 0..10 {
        file.push(&lists.iter().map(|list| list[rank]).collect::<Vec<_>>());
    }
    file.push(&vec![""; authorities.len()]);
    file
}

#[rustfmt::skip]
fn ethnicities() -> TextFile {
    let header = [
        "SNOMED_CODE", "SNOMED_TERM", "CATEGORY", "SUBCATEGORY", "GRANULAR", "ONS_BRIDGE_CODE", "ONS_BRIDGE_LABEL",
        "BK_ETHNICITY_CODE", "ETHNICITY_DESC",
    ];
    let mut file = TextFile::new("reference/ethnicity_snomed_ONS_NHS.csv", Dialect::MarkedLf, &header);
    for row in [
        ["315236000", "White British", "White", "White: British", "British", "A", "British", "A", "WHITE: British (English, Scottish, Welsh)"],
        ["92401000000106", "Irish", "White", "White: Irish", "Irish", "B", "Irish", "B", "WHITE: Irish"],
        ["92411000000108", "Other White", "White", "White: Other White", "White - Other", "C", "Any other White background", "C", "WHITE: Any other White background"],
        ["286009", "Czech", "White", "White: Other White", "Czech", "C", "Any other White background", "C", "WHITE: Any other White background"],
        ["315283003", "Irish traveller", "White", "White: Traveller", "Irish Traveller", "T", "Traveller", "C", "WHITE: Any other White background"],
    ] {
        file.push(&row);
    }
    file
}
