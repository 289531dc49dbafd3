//! Whatever is put together grows to a bound, and honest queries do not feel it.

use crate::Kind;
use crate::world::{World, ask};

/// `levels` subqueries, each with `step` around what the one below has made, `T`.
/// Every name is another: the engine takes two steps that are written alike for one.
fn nested(step: &str, first: &str, last: &str, levels: usize) -> String {
    let mut from = format!("(select {first} as t0 from generate_series(1, 20000))");
    for level in 0..levels {
        let step = step.replace('T', &format!("t{level}"));
        from = format!("(select {step} as t{} from {from})", level + 1);
    }
    format!(
        "select sum({}) from {from}",
        last.replace('T', &format!("t{levels}"))
    )
}

/// The most memory that this process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let digits: String = (line.unwrap().chars())
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse::<u64>().unwrap() >> 10
}

#[tokio::test]
async fn whatever_grows_is_refused_before_it_is_made() {
    let world = World::new().await;
    let analyst = world.analyst().await;
    let before = peak();
    let text = "concat('abc', value)";
    let ten = "replace(T, 'a', 'aaaaaaaaaa')";
    let length = "length(T)";
    let list = "make_array(value)";
    let lists = "array_length(T)";
    let mut attacks = vec![
        nested(ten, text, length, 5),
        nested("concat(T, T)", text, length, 15),
        nested("concat_ws(T, T, T, T)", text, length, 8),
        nested("T || T", text, length, 15),
        nested("T || '-' || T", text, length, 15),
        nested("regexp_replace(T, '(.)', '\\1\\1', 'g')", text, length, 15),
        nested("regexp_replace(T, '(.+)', '\\1\\1')", text, length, 15),
        nested("overlay(T placing T from 1 for 0)", text, length, 15),
        nested("array_to_string(make_array(T, T), ',')", text, length, 15),
        nested("array_concat(T, T)", list, lists, 15),
        nested("T || T", list, lists, 15),
        nested(
            "array_to_string(regexp_match(T, '((((((((.+))))))))'), '')",
            text,
            length,
            6,
        ),
        // Without a row: the planner puts constants together by itself.
        format!("select length({})", nested_calls("'a'", 9)),
        format!("select length({}) from ehcp", nested_calls("'a'", 9)),
    ];
    let constants = nested(ten, "'a'", length, 9);
    attacks.push(constants.replace(" from generate_series(1, 20000)", ""));
    let mut wrong = Vec::new();
    for sql in attacks {
        match ask(&analyst, &sql).await {
            Err(error) if error.kind == Kind::Limit && error.message.contains("longer") => (),
            other => wrong.push((sql, other)),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let grown = peak().saturating_sub(before);
    assert!(grown < 1_000, "{grown} MiB more");
}

fn nested_calls(first: &str, levels: usize) -> String {
    (0..levels).fold(first.to_owned(), |inner, _| {
        format!("replace({inner}, 'a', 'aaaaaaaaaa')")
    })
}

#[tokio::test]
async fn honest_questions_put_texts_together() {
    let world = World::new().await;
    let analyst = world.analyst().await;
    let one = async |sql: &str| ask(&analyst, sql).await.map(|rows| rows[0].clone());
    for (sql, expected) in [
        ("select 'a' || 'b' || 1", "ab1"),
        ("select length(concat('a', 'b', null, 'c'))", "3"),
        ("select 'a' || null", "null"),
        ("select array_length([1, 2] || [3])", "3"),
        (
            "select length(string_agg(nhs_p || '; ' || sex, ', ')) > 1000 from person",
            "true",
        ),
        (
            "select count(*) from person where upper(sex || lsoa) like 'F%' or sex || lsoa like 'M%'",
            "100",
        ),
        (
            "select count(distinct replace(lsoa, 'E01', 'a much longer text than before')) from person",
            "7",
        ),
        (
            "select sum(length(replace(concat('a text of some length ', value), 't', 'and so on and on'))) > 0 from generate_series(1, 100000)",
            "true",
        ),
        (
            "select max(length(concat(repeated, repeated))) from (select string_agg(lsoa, '-') as repeated from person)",
            "1398",
        ),
    ] {
        assert_eq!(one(sql).await.unwrap(), expected, "{sql}");
    }
    let named = analyst
        .prepare("select sex || lsoa, upper(sex) from person")
        .await;
    let named = named.unwrap();
    let names: Vec<_> = named.schema().fields().iter().map(|f| f.name()).collect();
    assert_eq!(names, ["person.sex || person.lsoa", "upper(person.sex)"]);
}
