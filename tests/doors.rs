//! Every door gives the same governed answer: real clients ask what anybody might
//! ask, and what nobody should, of a small world in which rows that a user may not
//! see hold what must not be met.

use crate::clients;
use crate::harness::{KEY, Project};
use crate::server::Served;
use serde_json::json;

/// Rows of authority 302 are seen by no analyst: there `y` is nought, `digits` is no
/// number. Each authority's rows carry a canary. Fractions are of powers of two, so
/// that sums do not depend on the order of rows.
const MODELS: [(&str, &str); 4] = [
    (
        "published/person",
        "select n as pid, concat('canary-', la_code, '-', n) as name,
            case la_code when '301' then concat('94340', n) when '303' then concat('N', n) else concat('raw-nhs-', n) end as nhs_p,
            cast(concat(2008 + n % 9, '-0', 1 + n % 9, '-1', n % 10) as date) as dob,
            case when n % 11 = 0 then null when n % 2 = 0 then 'M' else 'F' end as sex,
            concat('E0100', n % 7) as lsoa, concat('SW1A ', n % 9) as postcode, la_code,
            case when la_code = '302' then 0 else n % 20 + 1 end as y, n % 60 as days,
            case when la_code = '302' then 'not a number' else cast(n as varchar) end as digits,
            cast(n * 13 % 997 as decimal(12, 2)) / cast(4 as decimal(2, 0)) as cost,
            case when n % 13 = 0 then null else cast(n * 7 % 512 as double) / 8 end as score,
            cast('2019-01-01' as date) + cast(concat(n % 900, ' days') as interval) as seen_on,
            to_timestamp_micros(1600000000000000 + n * 7654321000) as seen_at,
            case n % 3 when 0 then true when 1 then false else null end as is_known,
            n * 7919 % 65536 as record_key
        from (select n, case n % 3 when 0 then '301' when 1 then '302' else '303' end as la_code
            from (select unnest(generate_series(1, 300)) as n) numbers) placed",
    ),
    (
        "published/ehcp",
        "select n + 1000 as ehcp_id, n % 300 + 1 as pid,
            case (n % 300 + 1) % 3 when 0 then '301' when 1 then '302' else '303' end as la_code,
            concat('W', n % 11) as ward,
            case when n % 5 = 0 then null else cast('2023-01-01' as date) + cast(concat(n % 400, ' days') as interval) end as issued,
            case n % 4 when 0 then 'HI' when 1 then 'ASD' when 2 then 'MLD' else null end as primary_need,
            n % 31 as weeks, cast(n * 17 % 4001 as decimal(12, 2)) as annual_cost, cast(n % 64 as double) / 64 as share,
            to_timestamp_micros(1690000000000000 + n * 60000000) as changed_at, n % 2 = 0 as is_final
        from (select unnest(generate_series(1, 450)) as n) numbers",
    ),
    (
        "published/ref_school",
        "select n as urn, concat('School ', n) as school, n * 10 as places,
            case n % 3 when 0 then '301' when 1 then '302' else '303' end as la_code
        from (select unnest(generate_series(1, 30)) as n) numbers",
    ),
    (
        "core/referral",
        "select n as ref_id, n % 300 + 1 as pid,
            case (n % 300 + 1) % 3 when 0 then '301' when 1 then '302' else '303' end as la_code,
            case when n % 2 = 0 then 'RXX' else 'RYY' end as trust_code, n % 90 as waited,
            cast(n % 77 as decimal(9, 2)) as price, cast(n % 16 as double) / 4 as weight,
            cast('2024-01-01' as date) + cast(concat(n % 200, ' days') as interval) as asked_on
        from (select unnest(generate_series(1, 350)) as n) numbers",
    ),
];

const ROLES: &str = "roles:
  - id: analyst
    description: Sees the children of one authority
    reads: [published.person, published.ehcp, published.ref_school, core.referral]
    rows: {published.person: la_code = $area, published.ehcp: la_code = $area, core.referral: la_code = $area}
    hides: {published.person: [record_key]}
    masks:
      published.person:
        nhs_p: concat('p-', substr(md5(nhs_p), 1, 8))
        dob: cast(date_trunc('year', dob) as date)
        postcode: cast(null as varchar)
    limits: {time: 60 s, rows: 1000000, memory: 256 MiB, running: 8, waiting: 100}
  - {id: nothing, description: Sees no child, reads: [published.ref_school]}
  - id: data_engineer
    description: Sees everything
    reads: ['*']
    limits: {time: 60 s, rows: 1000000, memory: 256 MiB, running: 8, waiting: 100}
";

/// Users, and the authority whose rows they see.
pub(crate) const USERS: [(&str, &str, &str); 7] = [
    ("ann", "analyst", "area=301"),
    ("bob", "analyst", "area=303"),
    ("eve", "data_engineer", "area=none"),
    ("zed", "analyst", "area=999"),
    // They lose their rights.
    ("una", "analyst", "area=301"),
    ("ugo", "analyst", "area=301"),
    ("uta", "analyst", "area=301"),
];

fn password(user: &str) -> String {
    format!("correct horse battery {user}")
}

pub(crate) fn world() -> Project {
    let project = Project::starter();
    for (name, sql) in MODELS {
        let key = sql.split_once(" as ").unwrap().1.split(',').next().unwrap();
        let head = format!("/*\ndescription: Made up\nowner: SEND data team\ngrain: [{key}]\n*/\n");
        project.write(
            &format!("pipelines/models/{name}.sql"),
            format!("{head}{sql}\n"),
        );
    }
    project.jcw(&["run"]).succeeds();
    // The first release is of before there were roles.
    project.write("pipelines/roles.yaml", ROLES);
    for (user, role, attribute) in USERS {
        project.user_with(user, role, attribute, &password(user));
    }
    project
}

/// A server, and what the clients are told of it and its users. They have their tokens
/// before it opens: it need not follow anything.
pub(crate) fn opened(project: &Project, users: &[&str]) -> (Served, serde_json::Value) {
    let each = |made: &dyn Fn(&str) -> String| {
        let pairs = users
            .iter()
            .map(|user| ((*user).to_owned(), json!(made(user))));
        serde_json::Map::from_iter(pairs)
    };
    let token = |user: &str| {
        let args = ["token", "add", user, "--user", user, "--expires", "1h"];
        project.jcw(&args).succeeds().out.trim().to_owned()
    };
    let (passwords, tokens) = (each(&password), each(&token));
    let served = project.serve(&[]);
    let given = json!({
        "http": served.http.to_string(),
        "flight": served.flight.to_string(),
        "postgres": served.postgres.to_string(),
        "jcw": project.command(&[]).get_program().to_string_lossy(),
        "project": project.path("."),
        "key": KEY,
        "seed": std::env::var("JCW_TEST_SEED").unwrap_or_else(|_| "1".to_owned()),
        "passwords": passwords,
        "tokens": tokens,
    });
    (served, given)
}

#[test]
fn two_users_are_each_answered_as_by_a_database_with_their_rows_alone() {
    let project = world();
    let (_served, given) = opened(&project, &["ann", "bob", "eve"]);
    let Some(told) = clients::run("doors_rows.py", &[given.to_string()]) else {
        return;
    };
    for user in ["ann", "bob"] {
        for (door, asked) in [
            ("http", 200),
            ("flight", 200),
            ("postgres", 200),
            ("command line", 40),
        ] {
            assert!(
                told.contains(&format!("{user} | {door} | {asked}")),
                "{told}"
            );
        }
    }
    project.jcw(&["audit", "verify"]).succeeds();
}

#[test]
fn the_promised_columns_are_the_streamed_ones_of_every_table_and_of_expressions() {
    let project = Project::southend();
    let demo = ["demo", "--children", "60", "--years", "2025..2025"];
    project.jcw(&demo).succeeds();
    project.user_with("eve", "data_engineer", "area=none", &password("eve"));
    let (served, given) = opened(&project, &["eve"]);
    if let Some(told) = clients::run("doors_schemas.py", &[given.to_string()]) {
        assert!(told.contains(" tables, 100 of "), "{told}");
        assert!(!served.said().contains("panicked"), "{}", served.said());
    }
}
