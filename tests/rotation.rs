//! A rotation that is killed at any moment is finished by the next run or the
//! next rotation, no release ever has pseudonyms of two keys, and what people
//! decided holds.

use crate::harness::{Project, Ran};
use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::process::Stdio;
use std::time::{Duration, Instant};

const VISITS: &str = "\
description: One row for each visit
owner: SEND data team
layout: {format: csv}
columns:
  - {name: month, type: date, required: true, formats: ['%Y-%m-%d']}
  - {name: visit, type: integer, required: true}
  - {name: child_name, type: text, required: true, classification: identifier}
  - {name: date_of_birth, type: date, required: true, formats: ['%Y-%m-%d'], classification: identifier}
period: [month]
key: [month, visit]
person: {full_name: child_name, birth_date: date_of_birth}
";

/// Two tables with the council's numbers, and one of children without any, of
/// two of which somebody has decided that they are one.
fn decided() -> Project {
    let project = crate::again::with_children();
    let source = project.read("pipelines/council/cases.yaml");
    let contract = project.read("schemas/council/cases.yaml");
    project.write("schemas/council/plans.yaml", contract);
    project.write("schemas/council/visits.yaml", VISITS);
    for name in ["plans", "visits"] {
        let source = source.replace("council/cases", &format!("council/{name}"));
        let source = source.replace("cases_*", &format!("{name}_*"));
        project.write(&format!("pipelines/council/{name}.yaml"), source);
    }
    project.write("extracts/plans_1.csv", project.read("extracts/cases_1.csv"));
    let visits = "month,visit,child_name,date_of_birth\n2024-01-01,1,Abel Marmere,2014-05-03\n2024-01-01,2,Ottilie Quy,2009-11-28\n";
    project.write("extracts/visits_1.csv", visits);
    project.jcw(&["run"]).succeeds();
    let refs = project.query("select person_ref from council.visits order by visit");
    let [a, b] = [0, 1].map(|at: usize| refs[at]["person_ref"].as_str().unwrap().to_owned());
    let people = people(&project);
    let decide = ["identity", "decide", &a, &b, "same", "--why", "told so"];
    project.jcw(&decide).succeeds();
    project.jcw(&["run"]).succeeds();
    assert_eq!(self::people(&project), people - 1);
    project
}

fn people(project: &Project) -> u64 {
    let sql = "select count(distinct person_key) from identity.person";
    project.value(sql).as_u64().unwrap()
}

/// The pseudonyms of the newest release, which are of one key: the same child
/// has the same in both tables, and everybody is somebody.
fn pseudonyms(project: &Project) -> BTreeSet<String> {
    let both = "select count(*) from council.cases as one join council.plans as two on one.child_id = two.child_id";
    assert_eq!(project.value(both), 20, "pseudonyms of two keys");
    let known = "select count(*) from council.cases as one join identity.local_id as known on one.child_id = known.local_id";
    assert_eq!(project.value(known), 20, "numbers that nobody knows");
    let refs = "select distinct person_ref as name from identity.person union select child_id from council.plans";
    let rows = project.query(refs);
    let names = rows
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned());
    names.collect()
}

fn with_key(project: &Project, key: &str, args: &[&str]) -> Ran {
    let mut command = project.command(args);
    Ran::from(command.env("JCW_IDENTITY_KEY", key).output().unwrap())
}

#[test]
fn a_rotation_that_is_killed_is_finished_and_decisions_hold() {
    let project = decided();
    let people = people(&project);
    let before = pseudonyms(&project);
    let mut last = "a".repeat(64);
    let begun = Instant::now();
    with_key(&project, &last, &["identity", "rotate"]).succeeds();
    let mut whole = begun.elapsed();
    let mut names = pseudonyms(&project);
    assert!(names.is_disjoint(&before));
    assert_eq!(self::people(&project), people, "the decision is forgotten");

    let random = RandomState::new();
    let mut killed = 0;
    for n in 1..=8u32 {
        let key = format!("{n:x}").repeat(64);
        let mut child = project
            .command(&["identity", "rotate"])
            .env("JCW_IDENTITY_KEY", &key)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut hasher = random.build_hasher();
        hasher.write_u32(n);
        let share = (hasher.finish() % 1000) as f64 / 1000.0;
        std::thread::sleep(whole.mul_f64(share) + Duration::from_millis(1));
        child.kill().unwrap();
        match child.wait().unwrap().success() {
            // The machine was busier when the whole was measured.
            true => whole /= 2,
            false => killed += 1,
        }

        // Readers see one key or the other.
        pseudonyms(&project);
        assert_eq!(self::people(&project), people, "after kill {n}");
        let finished = match n % 2 {
            0 => with_key(&project, &key, &["identity", "rotate"]),
            _ => with_key(&project, &key, &["run"]),
        };
        if finished.code == 6 {
            // It was killed before it began: the key of before is the lake's.
            finished.says(&["jcw identity rotate"]);
            with_key(&project, &last, &["run"]).succeeds();
            with_key(&project, &key, &["identity", "rotate"]).succeeds();
        } else {
            finished.succeeds();
        }
        let after = pseudonyms(&project);
        assert!(names.is_disjoint(&after), "after kill {n}");
        assert_eq!(self::people(&project), people, "after kill {n}");
        with_key(&project, &last, &["run"]).exits(6);
        let again = with_key(&project, &key, &["run"]).succeeds();
        again.says(&["Nothing to do"]);
        (names, last) = (after, key);
    }
    assert!(killed > 0, "no rotation was killed in time");
    println!("{killed} of 8 rotations were killed before they ended");
}
