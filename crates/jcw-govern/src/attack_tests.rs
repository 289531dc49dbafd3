//! Attacks on rows and columns, each with what has to come of it.

use crate::world::{World, ask};
use crate::{Kind, ReleaseChoice};

#[tokio::test]
async fn a_predicate_never_meets_a_row_that_is_not_seen() {
    let world = World::new().await;
    for sql in [
        "select count(*) from person where 1/(case when la_code='302' then 0 else 1 end) = 1",
        "select count(*) from person where 100 / y > 0",
        "select count(*) from person where y is not null and 100 / y > 0",
        "select count(*) from person where cast(number_text as bigint) > 0",
        "select count(*) from (select * from person where sex in ('M', 'F')) p where 100 / y > 0",
        "select count(*) from person p join ref_school s on s.urn = 100 / p.y where s.urn is not null or true",
        "select count(*) from person where 100 / y > 0 and la_code = '301'",
        "select count(distinct 100 / y) from person having count(*) > 0",
    ] {
        let governed = world.ask(sql).await;
        assert!(governed.is_ok(), "{sql}: {governed:?}");
    }
    assert_eq!(
        world
            .one("select count(*) from person where 100 / y > 0")
            .await,
        "100"
    );
}

#[tokio::test]
async fn what_is_masked_is_masked_everywhere() {
    let world = World::new().await;
    assert_eq!(world.one("select count(*) from person").await, "100");
    assert_eq!(
        world
            .one("select count(*) from person where postcode like 'SW1A%'")
            .await,
        "0"
    );
    assert_eq!(world.one("select count(postcode) from person").await, "0");
    assert_eq!(
        world
            .one("select count(*) from person where nhs_p like '94340%'")
            .await,
        "0"
    );
    assert_eq!(
        world
            .one("select count(*) from person p join (values ('943403')) v(n) on p.nhs_p = v.n")
            .await,
        "0"
    );
    assert_eq!(
        world
            .one("select max(date_part('month', dob)) from person")
            .await,
        "1"
    );
    assert_eq!(
        world.one("select count(distinct date_part('year', a.dob)) from person a join person b on a.dob = b.dob").await,
        "3"
    );
    let cast = world
        .refused("select count(*) from person where cast(nhs_p as bigint) > 0")
        .await;
    assert_eq!(cast.kind, Kind::Value);
    assert!(
        !cast.message.contains("p-") && !cast.message.contains("943"),
        "{cast:?}"
    );
    let ordered = world
        .ask("select nhs_p from person order by nhs_p limit 1")
        .await
        .unwrap();
    assert!(ordered[0].starts_with("p-"), "{ordered:?}");
}

#[tokio::test]
async fn what_is_hidden_is_not_there() {
    let world = World::new().await;
    let hidden = world.refused("select record_key from person").await;
    assert_eq!(hidden.kind, Kind::NoColumn);
    let unknown = world.refused("select recard_key from person").await;
    assert_eq!(unknown.kind, Kind::NoColumn);
    assert!(!unknown.message.contains("record_key"), "{unknown:?}");
    let near = world.refused("select pid,\n  la_cod from person").await;
    assert!(
        near.message.contains("did you mean \"la_code\"?"),
        "{near:?}"
    );
    assert_eq!(near.spot.map(|spot| (spot.line, spot.column)), Some((2, 3)));
    let rows = world.ask("select * from person limit 1").await.unwrap();
    assert_eq!(rows[0].split('|').count(), 10);
}

#[tokio::test]
async fn no_right_and_no_such_table_are_the_same() {
    let world = World::new().await;
    for sql in [
        "select * from core.secret",
        "select * from secret",
        "select * from referral",
        "select * from published.referral",
        "select * from warehouse.core.secret",
        "select * from other.published.person",
        "select * from nothing",
        "select * from \"Person\"",
        "select * from girl",
        "select * from 'file:///etc/passwd'",
        "select * from '/etc/passwd'",
        "select * from information_schema.df_settings",
        "select * from information_schema.routines",
        "select * from person$history",
        "describe core.secret",
        "show columns from referral",
        "explain select * from core.secret",
        "select (select count(*) from core.secret)",
        "select * from person where pid in (select n from core.secret)",
        "with x as (select * from core.secret) select 1",
        "select * from jcw.query_log",
    ] {
        let error = world.refused(sql).await;
        assert!(
            matches!(error.kind, Kind::NoTable | Kind::Syntax),
            "{sql}: {error:?}"
        );
    }
    let secret = world.refused("select * from core.secret").await.message;
    let nothing = world.refused("select * from core.nothin").await.message;
    assert_eq!(secret.replace("secret", "nothin"), nothing);
    let near = world.refused("select 1\nfrom persn").await;
    assert!(
        near.message.ends_with("did you mean published.person?"),
        "{near:?}"
    );
    assert_eq!(near.spot.map(|spot| (spot.line, spot.column)), Some((2, 6)));
}

#[tokio::test]
async fn every_spelling_of_a_table_is_the_governed_one() {
    let world = World::new().await;
    for table in [
        "person",
        "PERSON",
        "\"person\"",
        "published.person",
        "warehouse.published.person",
        "Published.Person",
    ] {
        assert_eq!(
            world.one(&format!("select count(*) from {table}")).await,
            "100",
            "{table}"
        );
    }
    assert_eq!(
        world
            .one("select count(*) from ehcp e join person p using (pid)")
            .await,
        "300"
    );
    assert_eq!(
        world
            .one("select count(*) from person where pid = any(select pid from person)")
            .await,
        "100"
    );
    assert_eq!(
        world
            .one("select count(*) from ref_school where la_code in (select la_code from ehcp)")
            .await,
        "10"
    );
}

#[tokio::test]
async fn metadata_is_what_may_be_queried() {
    let world = World::new().await;
    assert_eq!(
        world.ask("show tables").await.unwrap(),
        [
            "warehouse|published|ehcp|BASE TABLE",
            "warehouse|published|person|BASE TABLE",
            "warehouse|published|ref_school|BASE TABLE",
        ]
    );
    let described = world.ask("describe person").await.unwrap();
    assert_eq!(described.len(), 10);
    assert!(!described.join("\n").contains("record_key"));
    assert_eq!(
        world.ask("show columns from person").await.unwrap(),
        described
    );
    let session = world.analyst().await;
    let names: Vec<_> = session.visible().tables.keys().cloned().collect();
    assert_eq!(
        names,
        ["published.ehcp", "published.person", "published.ref_school"]
    );
    let commissioner = world.session("commissioner", &[]).await;
    assert_eq!(
        ask(&commissioner, "select count(*) from girl")
            .await
            .unwrap(),
        ["150"]
    );
    assert!(commissioner.visible().tables["published.girl"].is_view);
    let girls = "select la_code, max(pid + 1) from girl where pid % 2 = 1 group by la_code order by 1 limit 2";
    assert_eq!(
        ask(&commissioner, girls).await.unwrap(),
        ["301|298", "302|296"]
    );
    let each = ask(
        &commissioner,
        "select pid + 1 from girl where 100 / pid > 10 order by pid limit 2",
    );
    assert_eq!(each.await.unwrap(), ["2", "4"]);
    assert_eq!(
        ask(&commissioner, "select * from core.secret")
            .await
            .unwrap_err()
            .kind,
        Kind::NoTable
    );
    let engineer = world.session("engineer", &[]).await;
    assert_eq!(
        ask(&engineer, "select count(*) from core.secret")
            .await
            .unwrap(),
        ["9"]
    );
}

#[tokio::test]
async fn whoever_lacks_an_attribute_sees_no_row() {
    let world = World::new().await;
    let count = "select count(*) from person";
    for attributes in [
        &[][..],
        &[("area", "")],
        &[("area", "  ")],
        &[("Area", "301")],
        &[("area", "301' or '1'='1")],
    ] {
        let session = world.session("analyst", attributes).await;
        assert_eq!(ask(&session, count).await.unwrap(), ["0"], "{attributes:?}");
    }
    let waits = "select count(*) from referral";
    for (days, seen) in [("5", "6"), ("five", "0"), ("5 or true", "0")] {
        let session = world.session("numbered", &[("days", days)]).await;
        assert_eq!(ask(&session, waits).await.unwrap(), [seen], "{days}");
    }
    let gone = world
        .session_of("gone", &[], ReleaseChoice::Newest)
        .await
        .unwrap_err();
    assert_eq!(gone.kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn a_table_gives_rows_to_governed_queries_only() {
    use datafusion::catalog::TableProvider;
    let world = World::new().await;
    let session = world.analyst().await;
    let table = session
        .scope
        .table("published", "person")
        .await
        .unwrap()
        .unwrap();
    let stranger = datafusion::prelude::SessionContext::new();
    let state = stranger.state();
    assert!(table.scan(&state, None, &[], None).await.is_err());
    let planning = session.scope.planning();
    assert!(table.scan(planning, None, &[], None).await.is_err());
    let other = world.session("analyst", &[("area", "302")]).await;
    assert!(
        table
            .scan(other.scope.running(), None, &[], None)
            .await
            .is_err()
    );
    assert!(
        table
            .scan(session.scope.running(), None, &[], None)
            .await
            .is_ok()
    );
    let leak = datafusion::logical_expr::ident("nhs_p").eq(datafusion::logical_expr::lit("943403"));
    assert!(
        table
            .scan(session.scope.running(), None, &[leak], None)
            .await
            .is_err()
    );
}
