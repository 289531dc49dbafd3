//! Rows that are staged, asked, committed and abandoned.

use crate::testing::{ask, batch, by_period, load, number, on_disk, staged, write};
use crate::{Provenance, Scope};

#[tokio::test]
async fn staged_rows_can_be_asked_before_anybody_sees_them_and_abandoned() {
    let (folder, lake) = on_disk().await;
    load(&lake, "a.b", &[("2023", 1)]).await;
    let next = staged(&lake, "a.b", &[("2023", 7), ("a b/c%", 8)]).await;
    let answer = ask(
        &lake,
        "a.b",
        next.provider().unwrap(),
        "select * from a.b order by n",
    )
    .await;
    assert!(answer.contains("| a b/c% | 8 |"), "{answer}");
    assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 1);
    next.abandon().await;
    let left: usize = walk(&folder.path().join("tables"))
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "parquet"))
        .count();
    assert_eq!(left, 1);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path))
        } else {
            found.push(path)
        }
    }
    found
}

#[tokio::test]
async fn odd_period_values_come_back_as_they_were() {
    let (_folder, lake) = on_disk().await;
    load(&lake, "a.b", &[("a b/c%", 1), ("2024=é", 2), ("x'y", 3)]).await;
    load(&lake, "a.b", &[("a b/c%", 10)]).await;
    let table = lake.table("a.b").await.unwrap().unwrap();
    assert_eq!(table.rows(), 3);
    let answer = ask(
        &lake,
        "a.b",
        table.provider().unwrap(),
        "select * from a.b order by n",
    )
    .await;
    for row in ["| 2024=é | 2  |", "| x'y    | 3  |", "| a b/c% | 10 |"] {
        assert!(answer.contains(row), "{answer}");
    }
}

#[tokio::test]
async fn many_periods_in_any_order_and_several_writers_keep_every_row() {
    let (_folder, lake) = on_disk().await;
    let stage = lake
        .stage("a.b", &batch(&[]).schema(), &by_period())
        .await
        .unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for first in [0, 1] {
        let mut writer = stage.writer();
        writer.may_wait = 4_000;
        writers.spawn(async move {
            for start in (first..1000).step_by(20) {
                let rows: Vec<_> = (0..10)
                    .map(|n| start + 2 * n)
                    .filter(|n| *n < 1000)
                    .collect();
                let periods: Vec<_> = rows
                    .iter()
                    .map(|n| format!("a period that is long {}", n % 7))
                    .collect();
                let rows: Vec<_> = periods
                    .iter()
                    .map(String::as_str)
                    .zip(rows.iter().copied())
                    .collect();
                writer.write(&batch(&rows)).await.unwrap();
            }
            writer.close().await.unwrap()
        });
    }
    let files = writers.join_all().await.into_iter().flatten().collect();
    let staged = stage.finish(files);
    assert_eq!((staged.rows(), staged.periods().len()), (1000, 7));
    let scope = Scope::staged_periods(&staged);
    lake.commit(staged, scope, Provenance::default())
        .await
        .unwrap();
    assert_eq!(
        number(&lake, "a.b", "select count(distinct n) from a.b").await,
        1000
    );
    let right = "select count(*) from a.b where period = 'a period that is long ' || (n % 7)";
    assert_eq!(number(&lake, "a.b", right).await, 1000);
}

#[tokio::test]
async fn a_table_is_divided_only_by_what_has_one_text_form() {
    let (_folder, lake) = on_disk().await;
    let rows = arrow::array::RecordBatch::try_from_iter([
        (
            "share",
            std::sync::Arc::new(arrow::array::Float64Array::from(vec![0.1])) as _,
        ),
        (
            "n",
            std::sync::Arc::new(arrow::array::Int64Array::from(vec![1])) as arrow::array::ArrayRef,
        ),
    ])
    .unwrap();
    for wrong in [
        vec!["share".to_owned()],
        vec!["none".to_owned()],
        vec!["n".to_owned(), "share".to_owned()],
    ] {
        assert!(
            lake.stage("a.b", &rows.schema(), &wrong).await.is_err(),
            "{wrong:?}"
        );
    }
}

#[tokio::test]
async fn a_writer_that_stops_half_way_leaves_no_file() {
    let (folder, lake) = on_disk().await;
    let stage = lake
        .stage("a.b", &batch(&[]).schema(), &by_period())
        .await
        .unwrap();
    let (mut dropped, mut abandoned) = (stage.writer(), stage.writer());
    dropped.write(&batch(&[("2024", 1)])).await.unwrap();
    abandoned.write(&batch(&[("2025", 1)])).await.unwrap();
    drop(dropped);
    abandoned.abandon().await;
    assert_eq!(
        walk(&folder.path().join("tables")),
        Vec::<std::path::PathBuf>::new()
    );
}

#[tokio::test]
async fn the_log_holds_no_text_of_a_row() {
    let (folder, lake) = on_disk().await;
    let rows = batch(&[("9434765919", 4242)]);
    let staged = write(
        lake.stage("a.b", &rows.schema(), &[]).await.unwrap(),
        &[rows],
    )
    .await;
    lake.commit(staged, Scope::Everything, Provenance::default())
        .await
        .unwrap();
    let log = folder
        .path()
        .join("tables/a/b/_delta_log/00000000000000000000.json");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("9434765919") && log.contains("4242"), "{log}");
    assert!(log.ends_with('\n'));
    assert!(
        log.contains(r#""minReaderVersion":1,"minWriterVersion":2"#),
        "{log}"
    );
}
