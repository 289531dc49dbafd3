//! Nothing outside the vault names anybody: every byte of the lake, every cell
//! of its tables, and all that is printed and logged is searched for every
//! number, name, date of birth and postcode in the partners' files.

use crate::harness::{KEY, Project, Ran};
use aho_corasick::AhoCorasick;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const OTHER_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn nothing_outside_the_vault_names_anybody_and_a_new_key_changes_no_figure() {
    let made = Project::empty();
    let size = ["--children", "500", "--seed", "11", "--years", "2024..2024"];
    let rest = ["--mess", "0.03", "--out", "made_up"];
    made.jcw(&[&["synth"], &size[..], &rest[..]].concat())
        .succeeds();
    let extracts = made.path("made_up/extracts");
    // Two months of the monthly sets say as much as twelve.
    for set in ["eput/csds", "eput/contract", "nelft/mhsds"] {
        for file in files(&extracts.join(set)) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if !["2024-11", "2024-12"]
                .iter()
                .any(|month| name.contains(month))
            {
                std::fs::remove_file(file).unwrap();
            }
        }
    }
    let raw = Raw::of(&extracts, &made.path("made_up/truth/people.csv"));
    assert!(raw.is_enough(), "{:?}", raw.counts());
    let project = Project::southend().with("JCW_SOURCES", &extracts);

    // Without a key nothing about people is loaded, and what to do is said.
    let keyless = with_key(&project, "", &["run"]).exits(6);
    keyless.says(&["jcw identity new-key"]);

    let ran = logged(&project, &["run"]);
    let (tables, by_chance) = raw.search_tables(&project);
    assert!(tables > 100, "only {tables} tables were searched");
    let raw = raw.without(&by_chance);
    raw.search_printed("the run", &ran);
    raw.search_printed("the status", &project.jcw(&["status", "--rejects"]));
    raw.search_printed("the warnings", &project.jcw(&["status", "--warnings"]));
    raw.search_files(&project.path("lake"));
    for page in files(&project.path("lake-vault/reports")) {
        // The partner finds the row by the partner's own number.
        let told = raw.without(&raw.by_kind["local id"]);
        told.search_text(&page.display().to_string(), &read(&page));
    }

    // Another key is not used by mistake.
    let figures = figures(&project);
    let before = pseudonyms(&project);
    with_key(&project, OTHER_KEY, &["run"])
        .exits(6)
        .says(&["jcw identity rotate"]);
    assert_eq!(pseudonyms(&project), before);

    // Under a new key every figure stays, and no pseudonym does.
    let rotated = with_key(&project, OTHER_KEY, &["identity", "rotate"]);
    raw.search_printed("the rotation", &rotated);
    assert!([0, 4].contains(&rotated.code), "{rotated:?}");
    let after = pseudonyms(&project);
    for (what, names) in &after {
        assert_eq!(names.len(), before[what].len(), "{what}");
        let kept: Vec<_> = names.intersection(&before[what]).take(3).collect();
        assert!(kept.is_empty(), "{what} kept {kept:?}");
    }
    assert_eq!(self::figures(&project), figures);
    raw.search_files(&project.path("lake"));
    with_key(&project, KEY, &["run"]).exits(6);
    let again = with_key(&project, OTHER_KEY, &["run"]);
    assert!(again.out.contains("Nothing to do"), "{again:?}");
}

#[test]
#[should_panic(expected = "a file has \"9990000018\"")]
fn a_number_that_is_there_is_found() {
    let numbers = ["999000001", "9990000018"].map(str::to_owned);
    let raw = Raw::known(BTreeMap::from([("nhs number", BTreeSet::from(numbers))]));
    raw.search_bytes("a file", b"\x1512999000001834 \0\xffx9990000018\0");
}

#[test]
fn a_new_key_is_a_file_of_its_own() {
    let project = Project::starter();
    project
        .jcw(&["identity", "new-key", "a.key"])
        .succeeds()
        .says(&["JCW_IDENTITY_KEY_FILE"]);
    let key = project.read("a.key");
    assert_eq!(key.trim().len(), 64);
    project
        .jcw(&["identity", "new-key", "a.key"])
        .exits(2)
        .says(&["never written over"])
        .does_not_say(&[key.trim()]);
    assert_eq!(project.read("a.key"), key);
}

#[test]
fn a_key_in_the_lake_or_the_vault_is_refused_with_advice() {
    let project = crate::again::with_children();
    project.write("a.key", KEY);
    let with_file = |place: &str| {
        let mut command = project.command(&["run"]);
        command.env_remove("JCW_IDENTITY_KEY");
        command.env("JCW_IDENTITY_KEY_FILE", project.path(place));
        Ran::from(command.output().unwrap())
    };
    #[cfg(unix)]
    for place in ["a.key", "lake/notes/a.key", "lake-vault/a.key"] {
        use std::os::unix::fs::PermissionsExt as _;
        project.write(place, KEY);
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(project.path(place), mode).unwrap();
    }
    with_file("a.key").succeeds().says(&["Nothing to do"]);
    for place in ["lake/notes/a.key", "lake-vault/a.key"] {
        let said = [place, "outside of both", "JCW_IDENTITY_KEY_FILE"];
        with_file(place).exits(6).says(&said).does_not_say(&[KEY]);
    }
    for place in ["lake/b.key", "lake-vault/landing/b.key"] {
        let refused = project.jcw(&["identity", "new-key", place]);
        refused.exits(6).says(&["outside of both"]);
        assert!(!project.path(place).exists(), "{place}");
    }
}

#[test]
fn a_new_key_takes_the_place_of_the_lakes_everywhere_or_nowhere() {
    let project = crate::again::with_children();
    let landed = files(&project.path("lake-vault/landing"));
    let cases = (landed.iter()).find(|file| read(file).starts_with("month,child_id"));
    let (cases, aside) = (cases.unwrap(), project.path("aside"));
    std::fs::rename(cases, &aside).unwrap();
    let before = project.query("select * from identity.person order by person_ref");
    with_key(&project, OTHER_KEY, &["identity", "rotate"])
        .exits(6)
        .says(&["landing area", "nothing was changed"]);
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
    std::fs::rename(&aside, cases).unwrap();
    with_key(&project, OTHER_KEY, &["identity", "rotate"]).succeeds();
    let after = project.query("select * from identity.person order by person_ref");
    assert_eq!(after.len(), before.len());
    assert_ne!(after, before);
}

/// Runs a command under another key; none where it is blank.
fn with_key(project: &Project, key: &str, args: &[&str]) -> Ran {
    Ran::from(
        project
            .command(args)
            .env("JCW_IDENTITY_KEY", key)
            .output()
            .unwrap(),
    )
}

/// Runs a command with everything logged that anybody logs.
fn logged(project: &Project, args: &[&str]) -> Ran {
    let mut command = project.command(args);
    command.env("RUST_LOG", "trace").args(["--log", "json"]);
    let ran = Ran::from(command.output().unwrap());
    assert!([0, 4].contains(&ran.code), "{}", ran.out);
    ran
}

/// What the newest release publishes.
fn figures(project: &Project) -> Vec<String> {
    let sql = "select * from published.metric_value order by metric_id, part, area_code, period, period_grain, breakdown_topic, breakdown, basis";
    let rows = project.query(sql);
    assert!(rows.len() > 500, "{} figures", rows.len());
    rows.iter().map(ToString::to_string).collect()
}

/// The pseudonyms of the newest release.
fn pseudonyms(project: &Project) -> BTreeMap<&'static str, BTreeSet<String>> {
    let all = |column: &str, table: &str| {
        let rows = project.query(&format!("select distinct {column} as name from {table}"));
        rows.iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    BTreeMap::from([
        ("person_ref", all("person_ref", "identity.person")),
        ("person_key", all("person_key", "identity.person")),
        ("local_id", all("local_id", "identity.local_id")),
        ("child_id", all("child_id", "council.ehcna_case")),
    ])
}

/// What names people in the partners' files.
struct Raw {
    by_kind: BTreeMap<&'static str, BTreeSet<String>>,
    /// Those long enough not to be met by chance among packed bytes.
    long: AhoCorasick,
    words: BTreeSet<String>,
}

/// Columns by what they hold, in lower case without signs.
const NAMING: [(&str, &[&str]); 7] = [
    ("nhs number", &["nhsnumber", "nhsnumbermother"]),
    ("upn", &["upn", "uniquepupilnumber"]),
    ("uln", &["uln", "uniquelearnernumber"]),
    ("name", &["surname", "forename", "familyname", "givenname"]),
    ("birth", &["dateofbirth", "personbirthdate", "birthdate"]),
    ("postcode", &["postcode", "homepostcode"]),
    (
        "local id",
        &[
            "childid",
            "localpatientid",
            "councilchildid",
            "eputlocalpatientid",
            "mseftlocalpatientid",
            "nelftlocalpatientid",
        ],
    ),
];

impl Raw {
    /// Reads every CSV and XML file of the partners, and who is who. What another
    /// column has too names nobody: a date on which something happened, a word of
    /// a service.
    fn of(extracts: &Path, people: &Path) -> Raw {
        let mut by_kind: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let mut elsewhere: BTreeSet<String> = BTreeSet::new();
        let mut see = |label: &str, value: &str| {
            let label: String = (label.chars().filter(char::is_ascii_alphanumeric))
                .map(|letter| letter.to_ascii_lowercase())
                .collect();
            let kind = NAMING.iter().find(|(_, labels)| labels.contains(&&*label));
            match kind {
                Some((kind, _)) => {
                    by_kind.entry(kind).or_default().insert(value.to_owned());
                }
                None => words(value).for_each(|word| {
                    elsewhere.insert(word.to_lowercase());
                }),
            }
        };
        for path in files(extracts).into_iter().chain([people.to_owned()]) {
            if path.ends_with("reference/postcodes.csv") {
                continue;
            }
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("csv") => {
                    let text = read(&path);
                    let mut lines = text.lines().map(cells);
                    let header = lines.next().unwrap();
                    for row in lines {
                        header.iter().zip(&row).for_each(|(l, v)| see(l, v));
                    }
                }
                Some("xml") => read(&path).lines().for_each(|line| {
                    if let Some((label, rest)) = line.trim().trim_start_matches('<').split_once('>')
                    {
                        see(label, rest.split('<').next().unwrap_or_default());
                    }
                }),
                _ => {}
            }
        }
        for path in files(&crate::harness::repository().join("pipelines")) {
            words(&read(&path)).for_each(|word| {
                elsewhere.insert(word.to_lowercase());
            });
        }
        let births = by_kind.remove("birth").unwrap_or_default();
        let births = births.iter().filter(|day| {
            // Somebody born on the first has it for their month.
            day.len() == 10 && !day.ends_with("-01") && !day.starts_with("01/")
        });
        let births: BTreeSet<String> = births.flat_map(|day| both_ways(day)).collect();
        by_kind.insert("birth", births);
        for names in by_kind.values_mut() {
            *names = (names.iter().map(|name| name.trim().to_owned()))
                .filter(|name| name.len() >= 3)
                .filter(|name| !words(name).all(|word| elsewhere.contains(&word.to_lowercase())))
                .collect();
        }
        Raw::known(by_kind)
    }

    /// The same without some.
    fn without(&self, some: &BTreeSet<String>) -> Raw {
        let mut by_kind = self.by_kind.clone();
        for names in by_kind.values_mut() {
            names.retain(|name| !some.contains(name));
        }
        Raw::known(by_kind)
    }

    fn known(by_kind: BTreeMap<&'static str, BTreeSet<String>>) -> Raw {
        let all: BTreeSet<&String> = by_kind.values().flatten().collect();
        let long = AhoCorasick::new(all.iter().filter(|name| name.len() >= 6)).unwrap();
        let words = all.iter().map(|name| (*name).clone()).collect();
        Raw {
            by_kind,
            long,
            words,
        }
    }

    fn counts(&self) -> Vec<(&str, usize)> {
        let counts = self.by_kind.iter().map(|(kind, all)| (*kind, all.len()));
        counts.collect()
    }

    fn is_enough(&self) -> bool {
        NAMING.len() == self.by_kind.len() && self.by_kind.values().all(|all| all.len() > 40)
    }

    fn search_printed(&self, what: &str, ran: &Ran) {
        self.search_text(&format!("the output of {what}"), &ran.out);
        self.search_text(&format!("the log of {what}"), &ran.err);
    }

    /// Whole words, and what is long anywhere.
    #[track_caller]
    fn search_text(&self, place: &str, text: &str) {
        self.search_bytes(place, text.as_bytes());
        for word in words(text) {
            assert!(!self.words.contains(word), "{place} has \"{word}\"");
        }
    }

    #[track_caller]
    fn search_bytes(&self, place: &str, bytes: &[u8]) {
        for found in self.long.find_overlapping_iter(bytes) {
            let (at, name) = (found.start(), &bytes[found.range()]);
            if is_of_a_longer_number(bytes, at, name) {
                continue;
            }
            let around = &bytes[at.saturating_sub(60)..bytes.len().min(at + 60)];
            panic!(
                "{place} has \"{}\": {}",
                String::from_utf8_lossy(name),
                String::from_utf8_lossy(around)
            );
        }
    }

    /// Every byte of every file below a folder.
    #[track_caller]
    fn search_files(&self, folder: &Path) {
        let all = files(folder);
        assert!(
            all.len() > 100,
            "{} has {} files",
            folder.display(),
            all.len()
        );
        for path in all {
            let place = path.display().to_string();
            self.search_bytes(&place, place.as_bytes());
            self.search_bytes(&place, &std::fs::read(&path).unwrap());
        }
    }

    /// Every cell of every table of the newest release. Gives how many tables
    /// there are, and the dates of birth on which something else happened by
    /// chance: in a column that has dates of birth, most of its dates are.
    #[track_caller]
    fn search_tables(&self, project: &Project) -> (usize, BTreeSet<String>) {
        let births = &self.by_kind["birth"];
        let others = self.without(births);
        let mut by_chance = BTreeSet::new();
        let sql = "select table_schema || '.' || table_name as name from information_schema.tables where table_schema <> 'information_schema'";
        let tables = project.query(sql);
        for table in &tables {
            let table = table["name"].as_str().unwrap();
            let sql = format!("select * from {table}");
            let rows = project.jcw(&["query", &sql, "--format", "csv"]).succeeds();
            others.search_text(table, &rows.out);
            let mut lines = rows.out.lines();
            let columns = cells(lines.next().unwrap_or_default());
            let mut seen = vec![(BTreeSet::new(), BTreeSet::new()); columns.len()];
            for line in lines {
                for ((all, born), cell) in seen.iter_mut().zip(cells(line)) {
                    // An instant begins with its day.
                    let day = cell.get(..10).unwrap_or_default();
                    let days = words(&cell).chain([day]);
                    born.extend(days.filter(|day| births.contains(*day)).map(str::to_owned));
                    all.insert(cell);
                }
            }
            for (column, (all, born)) in columns.iter().zip(seen) {
                assert!(
                    born.len() < 3 || born.len() * 2 < all.len(),
                    "{table}.{column} has {} dates of birth among {} values",
                    born.len(),
                    all.len()
                );
                by_chance.extend(born.iter().flat_map(|day| both_ways(day)));
            }
        }
        (tables.len(), by_chance)
    }
}

/// A clock counts in more digits than people have, and a hash has as many as the
/// shortest of their numbers by chance, between its letters.
fn is_of_a_longer_number(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    let goes_on = |at: Option<usize>| {
        let byte = at.and_then(|at| bytes.get(at));
        byte.is_some_and(|byte| match name.len() {
            ..=7 => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            _ => byte.is_ascii_digit(),
        })
    };
    let is_number = name.iter().all(u8::is_ascii_digit);
    is_number && (goes_on(at.checked_sub(1)) || goes_on(Some(at + name.len())))
}

/// A day as it may be written: ISO, and as people do.
fn both_ways(day: &str) -> Vec<String> {
    let parts: Vec<&str> = day.split(['-', '/']).collect();
    let [a, b, c] = parts[..] else {
        return vec![day.to_owned()];
    };
    match a.len() {
        4 => vec![day.to_owned(), format!("{c}/{b}/{a}")],
        _ => vec![day.to_owned(), format!("{c}-{b}-{a}")],
    }
}

/// Words, numbers and dates.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '/' | '\'');
    (text.split(move |letter: char| !is_part(letter))).filter(|word| !word.is_empty())
}

/// The cells of a line, of which none has a line break.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    for letter in line.trim_start_matches('\u{feff}').chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            letter => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}
