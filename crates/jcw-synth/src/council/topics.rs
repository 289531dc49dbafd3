//! A topic is a way in which the Department breaks a table down, and a whole is
//! a number of cases that several tables agree on. Shares are invented.

use super::{Topic, Whole};

pub(super) const REQUESTS: Whole = Whole("requests", 0.26);
pub(super) const DECISIONS: Whole = Whole("request decisions", 0.24);
pub(super) const NEW_PLANS: Whole = Whole("new plans", 0.15);
pub(super) const NO_PLAN: Whole = Whole("decisions not to issue", 0.014);
pub(super) const PLANS: Whole = Whole("plans", 1.0);
pub(super) const CEASED: Whole = Whole("ceased plans", 0.066);

pub(super) const SEX: Topic = Topic {
    name: "Sex",
    labels: &[("Female", 0.29), ("Male", 0.71)],
};
pub(super) const ETHNICITY: Topic = Topic {
    name: "Ethnicity",
    labels: &[
        ("White - White British", 0.68),
        ("White - Any other White background", 0.06),
        ("Mixed - White and Black Caribbean", 0.04),
        ("Asian - Indian", 0.03),
        ("Black - Black African", 0.06),
        ("Any other ethnic group", 0.03),
        ("Unclassified", 0.1),
    ],
};
// One release spells one age in two ways; so do these.
pub(super) const AGED: Topic = Topic {
    name: "Child or young persons age",
    labels: &[
        ("Aged 2 and under", 0.06),
        ("Aged 3", 0.16),
        ("Aged 4", 0.18),
        ("Aged 7", 0.2),
        ("Aged 11", 0.2),
        ("Aged 15", 0.15),
        ("Aged 20 and over", 0.05),
    ],
};
pub(super) const AGE_LABELS: &[(&str, f64)] = &[
    ("age 2 and under", 0.03),
    ("age 3", 0.1),
    ("age 4", 0.15),
    ("age 7", 0.22),
    ("age 11", 0.24),
    ("age 15", 0.2),
    ("age 20 and over", 0.06),
];
pub(super) const AGE: Topic = Topic {
    name: "Child or young persons age",
    labels: AGE_LABELS,
};
pub(super) const AGE_STARTED: Topic = Topic {
    name: "Age when plan started",
    labels: AGE_LABELS,
};
pub(super) const AGE_CEASED: Topic = Topic {
    name: "Age plan ceased",
    labels: AGE_LABELS,
};
pub(super) const AGE_AT_WORK: Topic = Topic {
    name: "Young persons age",
    labels: &[
        ("age 16", 0.2),
        ("age 17", 0.3),
        ("age 18", 0.3),
        ("age 19", 0.2),
    ],
};
pub(super) const PLACEMENT: Topic = Topic {
    name: "Type of placement",
    labels: &[
        ("Mainstream - total", 0.46),
        ("Special - total", 0.33),
        ("AP/PRU - total", 0.01),
        ("FE - total", 0.13),
        ("Educated elsewhere - total", 0.07),
    ],
};
pub(super) const YEARS_IN_PLACE: Topic = Topic {
    name: "Years EHC plan in place",
    labels: &[
        ("Less than a year", 0.2),
        ("1", 0.3),
        ("5", 0.35),
        ("12 or more", 0.15),
    ],
};
pub(super) const YEARS_HELD: Topic = Topic {
    name: "Years plan held",
    labels: &[
        ("Under a year", 0.1),
        ("1 year", 0.3),
        ("5 years", 0.4),
        ("12 years and over", 0.2),
    ],
};
