//! What is promised of releases, and of how quickly a session answers.

use crate::world::{World, ask, load, made, publish_another};
use crate::{Kind, ReleaseChoice};
use chrono::Days;
use futures::StreamExt as _;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_new_release_is_seen_soon_and_a_running_query_keeps_its_own() {
    let world = World::new().await;
    let before = world.session("commissioner", &[]).await;
    let statement = before.prepare("select pid from person").await.unwrap();
    let mut running = statement.run(Vec::new()).await.unwrap();
    let next = publish_another(&world.lake).await;
    let asked = Instant::now();
    loop {
        let now = world.session("commissioner", &[]).await;
        if now.release().id == next.id {
            assert_eq!(
                ask(&now, "select * from person").await.unwrap_err().kind,
                Kind::NoTable
            );
            assert_eq!(
                ask(&now, "select count(*) from ref_school").await.unwrap(),
                ["30"]
            );
            break;
        }
        assert!(
            asked.elapsed() < Duration::from_secs(60),
            "the new release is not seen"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut rows = 0;
    while let Some(batch) = running.next().await {
        rows += batch.unwrap().num_rows();
    }
    assert_eq!(rows, 300);
    assert_eq!(
        ask(&before, "select count(*) from person").await.unwrap(),
        ["300"]
    );
}

#[tokio::test]
async fn a_release_is_chosen_by_name_number_or_day() {
    let world = World::new().await;
    publish_another(&world.lake).await;
    let first = |choice| world.session_of("commissioner", &[], choice);
    for name in ["1", "r00000001"] {
        let session = first(ReleaseChoice::Named(name.into())).await.unwrap();
        assert_eq!(session.release().sequence, 1);
    }
    for name in ["7", "r0", "x", "../1", "", "-1"] {
        let error = first(ReleaseChoice::Named(name.into())).await.unwrap_err();
        assert_eq!(error.kind, Kind::NoRelease, "{name}");
    }
    let oldest = first(ReleaseChoice::Named("1".into())).await.unwrap();
    let today = oldest.release().created_at.date_naive();
    assert!(first(ReleaseChoice::AsOf(today)).await.is_ok());
    let yesterday = today - Days::new(1);
    let error = first(ReleaseChoice::AsOf(yesterday)).await.unwrap_err();
    assert_eq!(error.kind, Kind::NoRelease);
}

#[tokio::test]
async fn an_older_release_is_seen_with_the_role_of_today() {
    let world = World::new().await;
    publish_another(&world.lake).await;
    let attributes = [("area", "301")];
    let old = ReleaseChoice::Named("1".into());
    let session = world.session_of("analyst", &attributes, old).await.unwrap();
    assert_eq!(
        ask(&session, "select count(*) from person").await.unwrap(),
        ["100"]
    );
}

/// A filter that names a column which the table did not have then.
#[tokio::test]
async fn a_table_that_a_role_does_not_fit_is_not_there() {
    let world = World::new().await;
    let batches = made("select 1 as pid").await;
    let pin = load(&world.lake, "published.ehcp", &batches).await;
    let mut contents = world
        .lake
        .current_release()
        .await
        .unwrap()
        .unwrap()
        .contents;
    contents.tables.insert("published.ehcp".into(), pin);
    world.lake.publish(contents).await.unwrap();
    let attributes = [("area", "301")];
    let new = ReleaseChoice::Named("2".into());
    let session = world.session_of("analyst", &attributes, new).await.unwrap();
    assert!(!session.visible().tables.contains_key("published.ehcp"));
    assert_eq!(
        ask(&session, "select * from ehcp").await.unwrap_err().kind,
        Kind::NoTable
    );
}

/// What must not be seen may have had another name then, under which it would be.
#[tokio::test]
async fn a_table_in_which_a_hidden_or_masked_column_has_another_name_is_not_there() {
    for (now, then) in [("record_key", "key_of_record"), ("postcode", "post_code")] {
        let world = World::new().await;
        let (_, sql) = crate::world::TABLES[0];
        assert!(sql.contains(&format!("as {now}")));
        let renamed = sql.replace(&format!("as {now}"), &format!("as {then}"));
        let pin = load(&world.lake, "published.person", &made(&renamed).await).await;
        let current = world.lake.current_release().await.unwrap();
        let mut contents = current.unwrap().contents;
        contents.tables.insert("published.person".into(), pin);
        world.lake.publish(contents).await.unwrap();
        let attributes = [("area", "301")];
        let other = ReleaseChoice::Named("2".into());
        let session = world.session_of("analyst", &attributes, other).await;
        let session = session.unwrap();
        assert!(!session.visible().tables.contains_key("published.person"));
        let refused = ask(&session, &format!("select {then} from person")).await;
        assert_eq!(refused.unwrap_err().kind, Kind::NoTable, "{then}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_of_the_same_rights_share_what_is_open() {
    let world = World::new().await;
    ask(&world.analyst().await, "select count(*) from person")
        .await
        .unwrap();
    let one = world.analyst().await;
    assert!(std::sync::Arc::ptr_eq(
        &one.scope,
        &world.analyst().await.scope
    ));
    let other = world.session("analyst", &[("area", "302")]).await;
    assert!(!std::sync::Arc::ptr_eq(&one.scope, &other.scope));
    assert!(world.folder.path().is_dir());
}

#[tokio::test]
async fn now_is_the_time_of_the_query() {
    let world = World::new().await;
    let session = world.analyst().await;
    let statement = session
        .prepare("select cast(now() as varchar) as t, now() = now() as same")
        .await
        .unwrap();
    let mut told = Vec::new();
    for _ in 0..2 {
        let answer = statement.run(Vec::new()).await.unwrap();
        let batches: Vec<_> = answer.map(Result::unwrap).collect().await;
        told.extend(crate::world::lines(&batches));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(told[0].ends_with("|true") && told[0] < told[1], "{told:?}");
}
