//! Every figure that the warehouse counts from persons equals the truth that the
//! made-up Southend kept while it was simulated: every metric, part, area,
//! period and breakdown, exactly.

use crate::harness::Project;
use std::collections::{BTreeMap, BTreeSet};

/// Metrics that the made-up area has a truth for and that are not counted from
/// persons yet. It may only become shorter.
const NOT_COUNTED_YET: [&str; 0] = [];

/// Metrics that are counted from persons and that no truth was kept of.
const WITHOUT_TRUTH: [&str; 0] = [];

/// Metrics for which children of the council have to be found among patients:
/// beside the truth stands what that could not find.
const ACROSS_PARTNERS: [&str; 4] = ["H13", "H14", "H15", "J10"];

/// Topics whose words leave nobody out, so that they add up to the total.
const WHOLE_TOPICS: [&str; 4] = ["Sex", "Age", "Ethnicity", "Deprivation"];

/// Which figure: metric, part, grain, topic, area, period, breakdown.
type Key = [String; 7];

/// Numerator, denominator, value.
type Figure = [Option<f64>; 3];

const KEY: [&str; 7] = [
    "metric_id",
    "part",
    "period_grain",
    "breakdown_topic",
    "area_code",
    "period",
    "breakdown",
];
const NUMBERS: [&str; 3] = ["numerator", "denominator", "value"];

/// A made-up area, loaded and counted.
struct Area {
    project: Project,
    truth: BTreeMap<Key, Figure>,
    counted: BTreeMap<Key, Figure>,
}

impl Area {
    fn of(children: &str, years: &str, mess: &str, more: &[&str]) -> Area {
        let project = Project::southend();
        let synth = ["synth", "--children", children, "--seed", "7"];
        let options = ["--years", years, "--mess", mess, "--out", "made_up"];
        let args: Vec<&str> = [&synth[..], &options[..], more].concat();
        project.jcw(&args).succeeds();
        let truth = truth(&project.read("made_up/truth/metric_value.csv"));
        let extracts = project.path("made_up/extracts");
        let project = project.with("JCW_SOURCES", extracts);
        project.jcw(&["run"]).succeeds();
        let counted = counted(&project);
        Area {
            project,
            truth,
            counted,
        }
    }
}

/// Cells of a line; names of parts have commas in them.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}

fn truth(text: &str) -> BTreeMap<Key, Figure> {
    figures(text)
}

fn counted(project: &Project) -> BTreeMap<Key, Figure> {
    let sql = format!(
        "select {}, {} from published.metric_value where basis = 'person_level'",
        KEY.join(", "),
        NUMBERS.join(", ")
    );
    let ran = project.jcw(&["query", &sql, "--format", "csv"]).succeeds();
    figures(&ran.out)
}

/// The rows of a table of figures, by the labels of its header.
fn figures(text: &str) -> BTreeMap<Key, Figure> {
    let mut lines = text.lines();
    let header = cells(lines.next().unwrap());
    let place = |label: &str| header.iter().position(|known| known == label).unwrap();
    let (keys, numbers) = (KEY.map(place), NUMBERS.map(place));
    let mut figures = BTreeMap::new();
    for line in lines {
        let cells = cells(line);
        let key = keys.map(|at| cells[at].clone());
        let figure = numbers.map(|at| cells[at].parse::<f64>().ok());
        let before = figures.insert(key.clone(), figure);
        assert!(before.is_none(), "two rows for {key:?}");
    }
    figures
}

/// Sums of money and quotients may differ in the last digits.
fn is_same(found: Option<f64>, wanted: Option<f64>) -> bool {
    match (found, wanted) {
        (Some(found), Some(wanted)) => (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
        (None, None) => true,
        _ => false,
    }
}

/// Nothing was counted, which is the same as no row.
fn is_nothing(figure: &Figure) -> bool {
    figure[..2]
        .iter()
        .all(|number| number.unwrap_or(0.0) == 0.0)
}

/// What differs between two tables of figures, over the topics and grains that
/// the first has.
fn differences(counted: &BTreeMap<Key, Figure>, truth: &BTreeMap<Key, Figure>) -> Vec<String> {
    let shape = |key: &Key| (key[0].clone(), key[2].clone(), key[3].clone());
    let shapes: BTreeSet<_> = counted.keys().map(shape).collect();
    let all: BTreeSet<&Key> = (counted.keys())
        .chain(truth.keys().filter(|key| shapes.contains(&shape(key))))
        .collect();
    let nothing = [None; 3];
    let differ = all.into_iter().filter_map(|key| {
        let found = counted.get(key).unwrap_or(&nothing);
        let wanted = truth.get(key).unwrap_or(&nothing);
        if is_nothing(found) && is_nothing(wanted) {
            return None;
        }
        // A count may be told with or without what it is a share of.
        let [numerator, denominator, value] =
            [0, 1, 2].map(|place| is_same(found[place], wanted[place]));
        let divides = found[1].is_some() && wanted[1].is_some();
        let same = numerator && (denominator || !divides) && value;
        (!same).then(|| format!("{key:?}: {found:?}, and the truth is {wanted:?}"))
    });
    differ.collect()
}

fn metrics(figures: &BTreeMap<Key, Figure>) -> BTreeSet<&str> {
    figures.keys().map(|key| key[0].as_str()).collect()
}

/// Every figure of an area without faults, and what is left to be counted.
fn every_figure_is_true(children: &str, years: &str) -> Area {
    let area = Area::of(children, years, "0", &[]);
    let (known, found) = (metrics(&area.truth), metrics(&area.counted));
    let left: Vec<&str> = known.difference(&found).copied().collect();
    assert_eq!(left, NOT_COUNTED_YET, "not counted from persons");
    let more: Vec<&str> = found.difference(&known).copied().collect();
    assert_eq!(more, WITHOUT_TRUTH, "without a truth");
    let (linked, compared): (BTreeMap<_, _>, BTreeMap<_, _>) = (area.counted.clone())
        .into_iter()
        .filter(|(key, _)| known.contains(key[0].as_str()))
        .partition(|(key, _)| ACROSS_PARTNERS.contains(&key[0].as_str()));
    let differ = differences(&compared, &area.truth);
    assert!(
        differ.is_empty(),
        "{} of {} figures differ\n{}",
        differ.len(),
        compared.len(),
        differ[..differ.len().min(40)].join("\n")
    );
    adds_up(&area.counted);
    returns_add_up(&area);
    tell_what_linkage_misses(&linked, &area.truth);
    area
}

/// Nobody may be found who is not there; how many of those there are were found
/// is told.
fn tell_what_linkage_misses(linked: &BTreeMap<Key, Figure>, truth: &BTreeMap<Key, Figure>) {
    for metric in ACROSS_PARTNERS {
        let totals = |figures: &BTreeMap<Key, Figure>| {
            let mut sum = [0.0; 2];
            for (key, figure) in figures {
                // One grain of each, so that nothing is added twice.
                let grain = match metric {
                    "H13" => "quarter",
                    "H14" => "term",
                    "H15" => "month",
                    _ => key[2].as_str(),
                };
                let is_total = key[3] == "Total" && key[2] == grain;
                if key[0] == metric && is_total && key[4] == "E06000033" {
                    sum[0] += figure[0].unwrap_or(0.0);
                    sum[1] += figure[1].unwrap_or(0.0);
                }
            }
            sum
        };
        let (found, there) = (totals(linked), totals(truth));
        eprintln!(
            "{metric}: {} of {} found, among {} of {}",
            found[0], there[0], found[1], there[1]
        );
        assert!(
            found[0] <= there[0],
            "{metric}: more were found than there are"
        );
        assert!(
            is_same(Some(found[1]), Some(there[1])),
            "{metric}: {found:?} of {there:?}"
        );
    }
}

#[test]
fn every_figure_of_a_made_up_area_is_true() {
    let mut area = every_figure_is_true("600", "2023..2024");
    // Where nothing is wrong and few are alike, everybody is found.
    (area.counted).retain(|key, _| ACROSS_PARTNERS.contains(&key[0].as_str()));
    let differ = differences(&area.counted, &area.truth);
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
#[ignore = "takes minutes; run with a release build: cargo test --release -p jcw-tests -- --ignored"]
fn every_figure_of_a_larger_made_up_area_is_true() {
    every_figure_is_true("2500", "2022..2024");
    every_figure_is_true("50000", "2022..2024");
}

/// What is kept back moves no figure: the same extracts without the rows that
/// the contracts refuse give the same figures.
#[test]
fn figures_are_those_of_the_rows_that_the_contracts_let_through() {
    let spoilt = Area::of("600", "2024..2024", "0.03", &[]);
    let sound = Area::of("600", "2024..2024", "0.03", &["--accepted-only"]);
    let kept_back = |area: &Area| {
        area.project
            .value("select count(*) as n from jcw.reject where severity = 'reject_row'")
    };
    assert_ne!(kept_back(&spoilt), 0);
    assert_eq!(kept_back(&sound), 0);
    let differ = differences(&spoilt.counted, &sound.counted);
    assert!(
        differ.is_empty(),
        "{} figures differ\n{}",
        differ.len(),
        differ[..differ.len().min(40)].join("\n")
    );
}

/// The slices of a topic are the total.
fn adds_up(counted: &BTreeMap<Key, Figure>) {
    let mut sums: BTreeMap<Key, [f64; 2]> = BTreeMap::new();
    for (key, figure) in counted {
        let is_whole = WHOLE_TOPICS.contains(&key[3].as_str());
        if is_whole && !is_percentile(key) {
            let mut slice = key.clone();
            slice[6] = String::new();
            let sum = sums.entry(slice).or_default();
            sum[0] += figure[0].unwrap_or(0.0);
            sum[1] += figure[1].unwrap_or(0.0);
        }
    }
    for (mut key, sum) in sums {
        let topic = std::mem::replace(&mut key[3], "Total".to_owned());
        key[6] = "Total".to_owned();
        let total = &counted[&key];
        for (part, sum) in sum.into_iter().enumerate() {
            let total = total[part].unwrap_or(0.0);
            assert!(
                is_same(Some(sum), Some(total)),
                "{topic} of {key:?} adds up to {sum}, not {total}"
            );
        }
    }
}

fn is_percentile(key: &Key) -> bool {
    key[0] == "H04" || key[1].starts_with("median")
}

/// What holds in every file that DfE prints, holds of ours: received are those
/// decided, those withdrawn and those pending; plans by setting, by need and by
/// timeliness are the plans.
fn returns_add_up(area: &Area) {
    let at = |metric: &str, part: &str, grain: &str, period: &str| {
        let key = [metric, part, grain, "Total", "E06000033", period, "Total"];
        let figure = area.counted.get(&key.map(str::to_owned));
        figure.map(|figure| [0, 1].map(|place| figure[place].unwrap_or(0.0)))
    };
    let parts = |metric: &str, grain: &str, period: &str| -> f64 {
        let mut sum = 0.0;
        for (key, figure) in &area.counted {
            let is_it = key[0] == metric && key[2] == grain && key[5] == period;
            if is_it && key[3] == "Total" && key[4] == "E06000033" {
                sum += figure[0].unwrap_or(0.0);
            }
        }
        sum
    };
    let years: BTreeSet<&str> = (area.counted.keys())
        .filter(|key| key[0] == "E01" && key[2] == "calendar_year")
        .map(|key| key[5].as_str())
        .collect();
    for year in years {
        let year_of = |metric: &str, part: &str| at(metric, part, "calendar_year", year);
        let (Some(received), Some(refused), Some(decided)) = (
            year_of("E01", "all"),
            year_of("E03", "all"),
            year_of("E04", "all"),
        ) else {
            continue;
        };
        assert_eq!(
            (refused[0], refused[1]),
            (decided[0], received[0]),
            "{year}"
        );
        let withdrawn = year_of("E07", "all").map_or(0.0, |withdrawn| withdrawn[0]);
        assert!(decided[1] + withdrawn <= received[0], "{year}");
        if let (Some(in_time), Some(issued)) = (year_of("E12", "all"), year_of("E21", "all")) {
            assert_eq!(in_time[1], issued[0], "{year}");
            let late = ["weeks_20_to_52", "over_52_weeks"].map(|part| year_of("E14", part));
            let late: f64 = late.into_iter().flatten().map(|late| late[0]).sum();
            assert_eq!(in_time[0] + late, in_time[1], "{year}");
        }
        if let (Some(all), Some(without), Some(excepted)) = (
            year_of("E12", "all"),
            year_of("E13", "all"),
            year_of("E16", "all"),
        ) {
            assert_eq!(without[1] + excepted[0], all[1], "{year}");
        }
        if let Some(ceased) = year_of("E26", "transferred") {
            assert_eq!(parts("E26", "calendar_year", year), ceased[1], "{year}");
        }
    }
    let censuses: BTreeSet<&str> = (area.counted.keys())
        .filter(|key| key[0] == "E20")
        .map(|key| key[5].as_str())
        .collect();
    for census in censuses {
        let Some(plans) = at("E20", "all", "academic_year", census) else {
            continue;
        };
        for metric in ["E22", "E25"] {
            let sum = parts(metric, "academic_year", census);
            assert_eq!(sum, plans[0], "{metric} of {census}");
        }
    }
}
