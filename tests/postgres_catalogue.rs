//! What the Postgres door tells of tables, in Postgres' own words: to psql's lists, to
//! the tools that people have when they start, and nothing to whoever asks for more.

use crate::clients::{self, Peers};
use crate::harness::repository;
use crate::postgres::{has_psql, psql, served};
use crate::server::PASSWORD;

#[test]
fn psql_describes_what_is_visible_and_nothing_else() {
    if !has_psql() {
        return;
    }
    let (_project, served) = served();
    let ann = |command: &str| psql(&served, "ann", PASSWORD, &["-c", command]);
    ann(r"\dn")
        .succeeds()
        .says(&["published"])
        .does_not_say(&["staging", "jcw"]);
    ann(r"\dt")
        .succeeds()
        .says(&["published | metric_definition | table", "metric_value"]);
    ann(r"\d")
        .succeeds()
        .says(&["metric_value"])
        .does_not_say(&["staging", "request "]);
    ann(r"\d published.metric_value").succeeds().says(&[
        "Table \"published.metric_value\"",
        "period",
        "date",
        "area_code",
        "text",
    ]);
    ann(r"\d staging.request").says(&["Did not find any relation"]);
    ann(r"\l").succeeds().says(&["warehouse"]);
    ann(r"\d+ published.metric_value")
        .succeeds()
        .says(&["metric_value_pkey", "Access method: heap"]);
    ann(r"\du").succeeds().says(&["ann"]).does_not_say(&["bob"]);
    for list in [
        r"\df", r"\dv", r"\di", r"\dn+", r"\dt+", r"\dT", r"\ds", r"\dx", r"\db", r"\drds",
    ] {
        ann(list).succeeds().does_not_say(&["staging", "bob"]);
    }
    ann("select rolname from pg_roles")
        .succeeds()
        .says(&["ann"])
        .does_not_say(&["bob"]);
    ann(r"\conninfo").succeeds().says(&["as user \"ann\""]);
    ann("select count(*) > 0 as yes from published.metric_value")
        .succeeds()
        .says(&["yes", " t"]);
    ann("select 1; select 2 as two").succeeds().says(&["two"]);
    ann("select 1; selec 2")
        .exits(1)
        .says(&["42601", "selec 2", "          ^"]);
    ann("insert into published.metric_value values (1)")
        .exits(1)
        .says(&["25006", "read-only"]);
    ann("drop table published.metric_value")
        .exits(1)
        .says(&["42501"]);
    ann("create external table a stored as csv location '/etc/passwd'")
        .exits(1)
        .says(&["42501"]);
    ann("set datafusion.execution.batch_size = 1")
        .exits(1)
        .says(&["42704"]);
    ann(r"\copy published.metric_value to stdout")
        .exits(1)
        .says(&["42501"]);
    psql(&served, "ann", "wrong", &["-c", "select 1"])
        .exits(2)
        .says(&["could not be established"]);
    psql(&served, "nobody", PASSWORD, &["-c", "select 1"])
        .exits(2)
        .says(&["could not be established"]);
    psql(&served, "token", "wrong", &["-c", "select 1"])
        .exits(2)
        .says(&["could not be established"]);
    assert!(!served.said().contains("panicked"), "{}", served.said());
}

/// What psql lists; with `+` it says more of each, with `S` it lists its own too.
const LISTS: &str = "d da dAc dAf dAo dAp db dc dC dconfig dd dD ddp deu des det dew dE df dfa \
    dfn dfp dft dfw dg di dl dL dm dn do dO dp dPi dPt drds dRp dRs ds dt dT du dv dx dX dy";

/// These have no `S`.
const PLAIN: &str = "dA dF dFd dFp dFt dP l";

#[test]
fn whatever_psql_lists_is_answered_and_names_nothing_hidden() {
    if !has_psql() {
        return;
    }
    let (_project, served) = served();
    let lists = |words: &str, more: &[&str]| {
        let words = words.split_whitespace();
        let with = |word: &str| more.iter().map(|more| format!(r"\{word}{more}")).collect();
        words
            .flat_map(|word| -> Vec<String> { with(word) })
            .collect()
    };
    let mut all: Vec<String> = lists(LISTS, &["", "+", "S", "S+"]);
    all.extend(lists(PLAIN, &["", "+"]));
    for one in [
        r"\z",
        r"\d *.*",
        r"\d+ pg_class",
        r"\dAc btree int4",
        r"\dC int4",
        r"\dconfig *",
        r"\dF+ english",
        r"\dFp+ default",
        r"\dp published.*",
        r"\dT+ text",
        r"\dx+ plpgsql",
    ] {
        all.push(one.to_owned());
    }
    let arguments = all.iter().flat_map(|list| ["-c", list]);
    psql(&served, "ann", PASSWORD, &arguments.collect::<Vec<_>>())
        .does_not_say(&[
            "ERROR",
            "invalid command",
            " request ",
            "staging",
            "jcw",
            "bob",
        ])
        .says(&["metric_value_pkey", "prsd_start", "int4_ops"]);
    let ann = |command: &str| psql(&served, "ann", PASSWORD, &["-c", command]);
    ann(r"\dp").succeeds().says(&[
        "Access privileges",
        "published | metric_value      | table",
        "(2 rows)",
    ]);
    ann(r"\dp staging.*").succeeds().says(&["(0 rows)"]);
    ann(r"\dX").succeeds().says(&["(0 rows)"]);
    ann(r"\dconfig server_version").succeeds().says(&["16.6"]);
    for (command, said) in [
        (r"\sf nobody", "ERROR:  function \"nobody\" does not exist"),
        (
            r"\sf published.f(text)",
            "ERROR:  function \"published.f(text)\" does not exist",
        ),
        (
            r"\sf abs",
            "ERROR:  the source of function \"abs\" is not here",
        ),
        (
            r"\sv staging.request",
            "ERROR:  relation \"staging.request\" does not exist",
        ),
        (
            r"\sv published.nothing",
            "ERROR:  relation \"published.nothing\" does not exist",
        ),
    ] {
        ann(command).exits(1).says(&[said]);
    }
}

#[test]
fn the_catalogue_tells_of_nobody_else_and_reads_no_rows() {
    if !has_psql() {
        return;
    }
    let (_project, served) = served();
    let mut wrong = Vec::new();
    for (sql, expected) in [
        // Who else there is, and what they know.
        (
            "select string_agg(rolname, ' ' order by rolname) from pg_roles",
            "ann warehouse",
        ),
        (
            "select string_agg(usename, ' ' order by usename) from pg_user",
            "ann warehouse",
        ),
        ("select count(*) from pg_authid", "0"),
        ("select count(*) from pg_auth_members", "0"),
        ("select count(*) from pg_user_mapping", "0"),
        ("select count(*) from pg_user_mappings", "0"),
        ("select count(*) from pg_statistic", "0"),
        ("select count(*) from pg_shadow", "42P01"),
        ("select count(*) from pg_stat_activity", "42P01"),
        ("select count(*) from pg_database", "1"),
        ("select count(*) from pg_db_role_setting", "0"),
        // What else there is.
        (
            "select count(*) from pg_class where relname like '%request%'",
            "0",
        ),
        (
            "select count(*) from pg_namespace where nspname in ('staging', 'raw', 'jcw', 'core')",
            "0",
        ),
        (
            "select count(*) from pg_tables where schemaname <> 'published'",
            "0",
        ),
        (
            "select count(*) from pg_attribute a left join pg_class c on c.oid = a.attrelid where c.oid is null",
            "0",
        ),
        (
            "select count(*) from pg_description d left join pg_class c on c.oid = d.objoid where c.oid is null",
            "0",
        ),
        (
            "select count(*) from information_schema.tables where table_schema <> 'published'",
            "0",
        ),
        (
            "select count(*) from information_schema.columns where table_schema <> 'published'",
            "0",
        ),
        (
            "select count(*) from information_schema.schemata where schema_name in ('staging', 'jcw')",
            "0",
        ),
        ("select to_regclass('staging.request') is null", "t"),
        ("select 'staging.request'::regclass is null", "t"),
        ("select 'staging.request'::regclass::oid", "42P01"),
        (
            "select pg_get_viewdef('published.metric_value'::regclass) is null",
            "t",
        ),
        ("select current_setting('data_directory') is null", "t"),
        // Rows of the warehouse, files, and whatever changes something.
        (
            "select count(*) from pg_class, published.metric_value",
            "42P01",
        ),
        (
            "select count(*) from pg_class where exists (select 1 from metric_value)",
            "42P01",
        ),
        ("select count(*) from pg_class, staging.request", "42P01"),
        ("select count(*) from pg_class, '/etc/passwd'", "42"),
        (
            "select count(*) from pg_class, read_parquet('/etc/passwd')",
            "42",
        ),
        ("select pg_read_file('/etc/passwd') from pg_class", "42883"),
        ("select pg_ls_dir('/') from pg_class", "42883"),
        ("select pg_sleep(1) from pg_class", "42883"),
        ("select repeat(relname, 9) from pg_class", "42883"),
        (
            "insert into pg_catalog.pg_class select * from pg_class",
            "25006",
        ),
        ("delete from pg_catalog.pg_class", "25006"),
        (
            "create table pg_catalog.mine as select 1 from pg_class",
            "42501",
        ),
        ("create view mine as select 1 from pg_class", "42501"),
        ("drop view pg_catalog.pg_class", "42501"),
        ("copy pg_catalog.pg_class to '/tmp/pg_class'", "42501"),
        ("explain analyze select 1 from pg_class", "42501"),
        (
            "with recursive r(n) as (select 1 from pg_class union all select n + 1 from r) select n from r",
            "0A000",
        ),
    ] {
        let ran = psql(&served, "ann", PASSWORD, &["-A", "-t", "-c", sql]);
        let (said, is_right) = match expected.len() {
            2 | 5 if ran.code == 1 => {
                let state = format!("ERROR:  {expected}");
                let is_right = ran.err.starts_with(&state);
                (ran.err, is_right)
            }
            _ => {
                let is_right = ran.out.trim() == expected && ran.code == 0;
                (format!("{} {}", ran.out, ran.err), is_right)
            }
        };
        if !is_right {
            wrong.push(format!("{sql}: {said} and not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_question_to_the_catalogue_is_within_limits_and_in_the_log() {
    if !has_psql() {
        return;
    }
    let (project, _) = served();
    project.user("hasty", "hasty", PASSWORD);
    let served = project.serve(&[]);
    let asks = |user: &str, sql: &str| psql(&served, user, PASSWORD, &["-c", sql]);
    // One side of each join is small, so that it is time that it takes and not memory.
    let long = "select count(*) from pg_type a, (select b.oid + y.n as n from pg_type b, \
                (select c.oid + d.oid as n from pg_type c, pg_type d) y) x where a.oid + x.n = 7";
    let wide = "select count(*) from pg_type a, pg_type b, pg_type c, pg_type d \
                where a.oid + b.oid + c.oid + d.oid = 7";
    for (sql, state) in [
        ("select repeat(relname, 1000000) from pg_class", "42883"),
        (
            "select count(*) from pg_class, generate_series(1, 1000000000000)",
            "22000",
        ),
        ("select * from pg_class, pg_read_file('/etc/passwd')", "42"),
        (
            "with recursive r(n) as (select 1 from pg_class union all select n + 1 from r) select * from r",
            "0A000",
        ),
    ] {
        asks("ann", sql)
            .exits(1)
            .says(&[&format!("ERROR:  {state}")]);
    }
    asks("ann", &format!("set statement_timeout = 10000; {long}"))
        .exits(1)
        .says(&["57014", "statement_timeout"]);
    asks("hasty", long).exits(1).says(&["57014"]);
    asks("ann", wide).exits(1).says(&["53000"]);
    asks(
        "ann",
        "select relname from pg_class where relname = 'metric_value'",
    )
    .succeeds()
    .says(&["metric_value"]);
    assert_eq!(served.stops(), 0);
    let tail = ["audit", "tail", "-n", "1000", "--format", "json"];
    let rows = project.jcw(&tail).succeeds().out;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).unwrap();
    let logged = |principal: &str, outcome: &str| {
        let is_it = |row: &&serde_json::Value| {
            row["principal"] == principal
                && row["outcome"] == outcome
                && row["tables"].to_string().contains("pg_catalog.pg_")
        };
        rows.iter().filter(is_it).count()
    };
    assert_eq!(logged("hasty", "time"), 1, "{rows:?}");
    assert_eq!(logged("ann", "cancelled"), 1, "{rows:?}");
    assert_eq!(logged("ann", "answered"), 1, "{rows:?}");
    let refused = rows
        .iter()
        .filter(|row| row["outcome"] == "no_function")
        .count();
    assert!(refused >= 1, "{rows:?}");
}

#[test]
fn what_tools_ask_when_they_start_is_answered() {
    if !has_psql() {
        return;
    }
    let (project, served) = served();
    let recorded = std::fs::read_to_string(repository().join("tests/clients/postgres_startup.sql"));
    let recorded = recorded.unwrap();
    let (mut wrong, mut told) = (Vec::new(), String::new());
    for section in recorded.split("\n-- client: ").skip(1) {
        let (name, statements) = section.split_once('\n').unwrap();
        let file = "startup.sql";
        project.write(file, statements);
        let file = project.path(file).display().to_string();
        let ran = psql(&served, "ann", PASSWORD, &["-q", "-f", &file]);
        told.push_str(&format!("start-up and list of tables | {name} | works\n"));
        if !ran.err.is_empty() {
            wrong.push(format!("{name}: {}", ran.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    clients::are_told("What tools ask when they start", &told, &Peers::NONE);
}
