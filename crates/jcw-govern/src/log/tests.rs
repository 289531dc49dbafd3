use super::row::{Row, schema};
use super::table::note_name;
use super::*;
use arrow::array::{ArrayRef, AsArray as _, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use futures::TryStreamExt as _;
use jcw_lake::{Provenance, Scope, SessionSettings, session};
use object_store::ObjectStoreExt as _;
use tempfile::TempDir;

struct World {
    folder: TempDir,
    lake: Lake,
}

impl World {
    async fn new() -> World {
        let folder = TempDir::new().unwrap();
        let lake = folder.path().join("lake");
        let lake = Lake::open(lake.to_str().unwrap()).await.unwrap();
        World { folder, lake }
    }

    /// A server, after all those that were dropped have let go of their folders.
    async fn server(&self) -> QueryLog {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let spool = self.folder.path().join("spool");
        QueryLog::open(&self.lake, &spool, None).await.unwrap()
    }

    async fn rows(&self) -> RecordBatch {
        let Some(table) = self.lake.table(QUERY_LOG).await.unwrap() else {
            return RecordBatch::new_empty(schema());
        };
        let context = session(self.lake.empty_catalog(), &SessionSettings::default()).unwrap();
        let read = context.read_table(table.provider().unwrap()).unwrap();
        let sorted = read.sort_by(vec![datafusion::prelude::col("sequence")]);
        let stream = sorted.unwrap().execute_stream().await.unwrap();
        let schema = stream.schema();
        let batches: Vec<_> = stream.try_collect().await.unwrap();
        arrow::compute::concat_batches(&schema, &batches).unwrap()
    }

    /// Puts other rows in the place of the table's, as whoever can write the lake
    /// could.
    async fn tamper(&self, change: impl Fn(RecordBatch) -> RecordBatch) {
        let changed = change(self.rows().await);
        let stage = self
            .lake
            .stage(QUERY_LOG, &changed.schema(), &[])
            .await
            .unwrap();
        let mut writer = stage.writer();
        writer.write(&changed).await.unwrap();
        let staged = stage.finish(writer.close().await.unwrap());
        let scope = Scope::Everything;
        let commit = self.lake.commit(staged, scope, Provenance::default());
        commit.await.unwrap();
    }

    /// The same, with hashes made anew where they are to be.
    async fn rewrite(&self, change: impl Fn(&mut [Row])) {
        self.tamper(|batch| {
            let mut writer = arrow::json::ArrayWriter::new(Vec::new());
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
            let mut rows: Vec<Row> = serde_json::from_slice(&writer.into_inner()).unwrap();
            change(&mut rows);
            row::batch(&rows).unwrap()
        })
        .await;
    }

    async fn files(&self) -> usize {
        let table = self.lake.table(QUERY_LOG).await.unwrap().unwrap();
        table.by_file().unwrap().len()
    }

    /// Rows and servers.
    async fn verify(&self) -> Result<(u64, usize), Break> {
        let verified = verify_log(&self.lake, &[], None).await.unwrap();
        verified.map(|whole| (whole.rows, whole.chains.len()))
    }
}

impl QueryLog {
    fn spool_folder(&self) -> PathBuf {
        self.spool.folder().to_owned()
    }
}

fn row(outcome: &str) -> Row {
    Row {
        event: "query".into(),
        outcome: outcome.into(),
        principal: Some("ann".into()),
        ended_at: row::now(),
        ..Row::default()
    }
}

fn without(batch: &RecordBatch, left_out: usize) -> RecordBatch {
    let kept = (0..batch.num_rows()).map(|row| Some(row != left_out));
    filter_record_batch(batch, &kept.collect::<BooleanArray>()).unwrap()
}

#[tokio::test]
async fn a_changed_or_missing_row_is_found_with_its_file_and_place() {
    let world = World::new().await;
    assert_eq!(world.verify().await, Ok((0, 0)));
    let log = world.server().await;
    for _ in 0..3 {
        for _ in 0..4 {
            log.append(row("answered")).unwrap();
        }
        log.flush().await.unwrap();
    }
    let whole = (12, 1);
    assert_eq!(world.verify().await, Ok(whole));
    let honest = world.rows().await;

    world
        .tamper(|rows| {
            let mut columns = rows.columns().to_vec();
            let at = rows.schema().index_of("rows").unwrap();
            let counts = columns[at].as_primitive::<Int64Type>().iter().enumerate();
            let counts = counts.map(|(row, count)| if row == 6 { Some(99) } else { count });
            columns[at] = std::sync::Arc::new(counts.collect::<Int64Array>()) as ArrayRef;
            RecordBatch::try_new(rows.schema(), columns).unwrap()
        })
        .await;
    let broken = world.verify().await.unwrap_err();
    let (file, row) = broken.place.unwrap();
    assert!(file.ends_with(".parquet"), "{file}");
    assert_eq!((row, broken.sequence), (7, 7));
    assert!(broken.reason.contains("changed"), "{}", broken.reason);

    world.tamper(|_| without(&honest, 4)).await;
    let broken = world.verify().await.unwrap_err();
    assert_eq!((broken.place.unwrap().1, broken.sequence), (5, 6));
    assert!(broken.reason.contains("missing"), "{}", broken.reason);

    world.tamper(|_| without(&honest, 11)).await;
    let broken = world.verify().await.unwrap_err();
    assert_eq!((broken.place, broken.sequence), (None, 12));
    assert!(broken.reason.contains("at the end"), "{}", broken.reason);

    world
        .tamper(|_| {
            arrow::compute::concat_batches(&honest.schema(), [&honest, &honest.slice(2, 1)])
                .unwrap()
        })
        .await;
    assert!(world.verify().await.unwrap_err().reason.contains("twice"));
    world.tamper(|_| honest.clone()).await;
    assert_eq!(world.verify().await, Ok(whole));
}

#[tokio::test]
async fn a_row_that_was_changed_with_its_hash_is_found_and_so_is_the_last() {
    let world = World::new().await;
    let log = world.server().await;
    for _ in 0..4 {
        log.append(row("answered")).unwrap();
    }
    log.flush().await.unwrap();
    let change = async |at: usize| {
        let change = |rows: &mut [Row]| {
            rows[at].rows += 1;
            rows[at].hash = rows[at].compute_hash();
        };
        world.rewrite(change).await;
        world.verify().await.unwrap_err()
    };
    let broken = change(3).await;
    assert_eq!((broken.sequence, &broken.place), (4, &None));
    assert!(broken.reason.contains("noted another"), "{broken:?}");
    let broken = change(1).await;
    assert_eq!(broken.sequence, 3, "the row after it");
    assert!(broken.reason.contains("does not follow"), "{broken:?}");
}

#[tokio::test]
async fn the_chain_of_a_server_with_a_question_that_has_no_row_is_taken_over_first() {
    let world = World::new().await;
    let servers = [world.server().await, world.server().await];
    let ids = servers
        .each_ref()
        .map(|log| log.spool.server_id().to_owned());
    drop(servers);
    for id in &ids {
        let folder = world.folder.path().join("spool").join(id).join("begun");
        let question = Row {
            query_id: "asked".into(),
            ..row("answered")
        };
        let note = serde_json::to_vec(&question).unwrap();
        std::fs::write(folder.join("asked"), note).unwrap();
        let next = world.server().await;
        assert_eq!(next.spool.server_id(), id);
        next.flush().await.unwrap();
    }
    assert_eq!(world.verify().await, Ok((2, 2)));
}

#[tokio::test]
async fn what_a_killed_server_left_in_its_spool_is_taken_in_by_the_next_start() {
    let world = World::new().await;
    let log = world.server().await;
    for _ in 0..5 {
        log.append(row("answered")).unwrap();
    }
    log.flush().await.unwrap();
    for _ in 0..3 {
        log.append(row("killed before the lake had it")).unwrap();
    }
    drop(log);
    // The last row was being written.
    let spool = world.folder.path().join("spool");
    let folder = std::fs::read_dir(spool).unwrap().next().unwrap().unwrap();
    let segment = std::fs::read_dir(folder.path()).unwrap();
    let mut segment = segment.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with("jsonl")
    });
    let segment = segment.next().unwrap().unwrap().path();
    let text = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &text[..text.len() - 7]).unwrap();

    let next = world.server().await;
    next.append(row("answered")).unwrap();
    next.flush().await.unwrap();
    let whole = (8, 1);
    assert_eq!(world.verify().await, Ok(whole));
}

#[tokio::test]
async fn rows_that_the_lake_has_already_are_not_brought_twice() {
    let world = World::new().await;
    let log = world.server().await;
    for _ in 0..4 {
        log.append(row("answered")).unwrap();
    }
    let segment = log.spool.closed().remove(0);
    let copy = std::fs::read(&segment).unwrap();
    log.flush().await.unwrap();
    drop(log);
    // As if it had been killed after the commit.
    std::fs::write(&segment, copy).unwrap();
    let next = world.server().await;
    next.append(row("answered")).unwrap();
    next.flush().await.unwrap();
    assert_eq!(world.rows().await.num_rows(), 5);
    assert!(world.verify().await.is_ok());
}

#[tokio::test]
async fn two_servers_have_chains_of_their_own_and_a_lost_spool_goes_on_from_the_lake() {
    let world = World::new().await;
    let (first, second) = (world.server().await, world.server().await);
    for log in [&first, &second] {
        log.append(row("answered")).unwrap();
        log.flush().await.unwrap();
    }
    let whole = (2, 2);
    assert_eq!(world.verify().await, Ok(whole));
    let server_id = first.spool.server_id().to_owned();
    assert!(
        world
            .lake
            .note(&note_name(&server_id))
            .await
            .unwrap()
            .is_some()
    );
    drop((first, second));
    let spool = world.folder.path().join("spool");
    std::fs::remove_file(spool.join(&server_id).join("head.json")).unwrap();
    let (third, fourth) = (world.server().await, world.server().await);
    for log in [&third, &fourth] {
        log.append(row("answered")).unwrap();
        log.flush().await.unwrap();
    }
    let whole = (4, 2);
    assert_eq!(world.verify().await, Ok(whole));
}

#[tokio::test]
async fn rows_reach_the_lake_by_themselves() {
    let world = World::new().await;
    let log = world.server().await;
    log.append(row("answered")).unwrap();
    for _ in 0..1_200 {
        if world.rows().await.num_rows() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not after two minutes");
}

#[tokio::test]
async fn many_small_commits_become_few_files_and_the_chains_hold() {
    let world = World::new().await;
    let servers = [world.server().await, world.server().await];
    let mut noted = Vec::new();
    for number in 0..60 {
        for log in &servers {
            log.append(row("answered")).unwrap();
            log.flush().await.unwrap();
        }
        if number == 20 {
            let whole = verify_log(&world.lake, &[], None).await.unwrap().unwrap();
            noted.extend(whole.chains.into_iter().map(|chain| Noted {
                server_id: chain.server_id,
                sequence: chain.sequence,
                hash: chain.hash,
            }));
        }
    }
    assert!(world.files().await < 50, "{} files", world.files().await);
    let whole = verify_log(&world.lake, &noted, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((whole.rows, whole.chains.len(), noted.len()), (120, 2, 2));
}

#[tokio::test]
async fn a_row_that_was_changed_is_found_after_its_file_was_put_together_with_others() {
    let world = World::new().await;
    let log = world.server().await;
    let write = async |rows| {
        for _ in 0..rows {
            log.append(row("answered")).unwrap();
            log.flush().await.unwrap();
        }
    };
    write(5).await;
    world
        .tamper(|rows| {
            let mut columns = rows.columns().to_vec();
            let at = rows.schema().index_of("rows").unwrap();
            columns[at] = std::sync::Arc::new(Int64Array::from(vec![0, 0, 99, 0, 0])) as ArrayRef;
            RecordBatch::try_new(rows.schema(), columns).unwrap()
        })
        .await;
    write(60).await;
    assert!(world.files().await < 50, "{} files", world.files().await);
    let broken = world.verify().await.unwrap_err();
    assert_eq!(
        (broken.sequence, broken.place.map(|(_, row)| row)),
        (3, Some(3))
    );
    assert!(broken.reason.contains("changed"), "{}", broken.reason);
}

#[tokio::test]
async fn a_flood_of_failed_log_ins_is_counted_in_a_few_rows() {
    let world = World::new().await;
    let log = world.server().await;
    let began = std::time::Instant::now();
    for _ in 0..500 {
        log.refused_log_in(None, None, None);
    }
    // The next one stands for those that have no row.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    log.refused_log_in(None, None, None);
    log.flush().await.unwrap();
    let rows = world.rows().await;
    let counted = rows.column_by_name("rows").unwrap();
    let counted = counted.as_primitive::<Int64Type>().values();
    // A few rows in each second, and one for the rest.
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
    let few = 2..=20 * (seconds + 2) + 1;
    assert!(few.contains(&counted.len()), "{}", counted.len());
    assert_eq!(counted.iter().sum::<i64>(), 501);
}

#[tokio::test]
async fn a_question_that_ended_with_its_server_has_its_row_after_the_next_start() {
    let world = World::new().await;
    let log = world.server().await;
    let question = |id: &str| Row {
        query_id: id.into(),
        received_at: row::now(),
        ..row("answered")
    };
    for id in ["one", "two", "three", "four"] {
        log.begin(&question(id)).unwrap();
    }
    log.end(question("one")).unwrap();
    log.flush().await.unwrap();
    // Killed between the row and the note of it: that is one row, not two.
    let note = log.spool_folder().join("begun/1");
    let text = std::fs::read(&note).unwrap();
    log.end(question("two")).unwrap();
    std::fs::write(&note, text).unwrap();
    // Torn by a power cut.
    std::fs::write(log.spool_folder().join("begun/3"), "{\"eve").unwrap();
    drop(log);

    let next = world.server().await;
    next.append(row("answered")).unwrap();
    next.flush().await.unwrap();
    assert_eq!(world.verify().await, Ok((5, 1)));
    let rows = world.rows().await;
    let text = |name: &str| -> Vec<String> {
        let column = arrow::compute::cast(
            rows.column_by_name(name).unwrap(),
            &arrow::datatypes::DataType::Utf8,
        );
        let column = column.unwrap();
        let texts = column.as_string::<i32>().iter();
        texts.map(|text| text.unwrap_or("").to_owned()).collect()
    };
    assert_eq!(text("query_id")[..3], ["one", "two", "three"]);
    assert_eq!(
        text("outcome"),
        ["answered", "answered", "lost", "lost", "answered"]
    );
    assert_eq!(text("principal")[2..4], ["ann", ""]);
    drop(next);
    let third = world.server().await;
    third.flush().await.unwrap();
    assert_eq!(world.rows().await.num_rows(), 5, "they are written once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_write_at_one_moment_all_get_their_rows_in() {
    let world = World::new().await;
    let mut servers = Vec::new();
    for _ in 0..4 {
        servers.push(world.server().await);
    }
    let writing = servers.iter().map(|log| async {
        for _ in 0..5 {
            log.append(row("answered")).unwrap();
            log.flush().await.unwrap();
        }
    });
    futures::future::join_all(writing).await;
    assert_eq!(world.verify().await, Ok((20, 4)));
}

#[tokio::test]
async fn a_chain_that_was_written_anew_bears_no_seal_and_has_no_noted_row() {
    let (ours, theirs) = (ServerKey::random().unwrap(), ServerKey::random().unwrap());
    let world = World::new().await;
    let spool = world.folder.path().join("spool");
    let open = async |key: &ServerKey| {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let log = QueryLog::open(&world.lake, &spool, Some(key.clone())).await;
        log.unwrap()
    };
    let write = async |log: QueryLog, rows| {
        for _ in 0..rows {
            log.append(row("answered")).unwrap();
        }
        log.flush().await.unwrap();
    };
    let verify = async |noted: &[Noted], key| verify_log(&world.lake, noted, key).await.unwrap();
    write(open(&ours).await, 3).await;
    let whole = verify(&[], Some(&ours)).await.unwrap();
    assert_eq!(whole.chains[0].sealed, Some(3));
    let chain = &whole.chains[0];
    let noted = format!("{}:{}:{}", chain.server_id, chain.sequence, chain.hash);
    let noted: Noted = noted.parse().unwrap();
    assert!("x:0:y".parse::<Noted>().is_err());
    // One without a key goes on with the chain: what was sealed stays so.
    write(world.server().await, 2).await;
    let whole = verify(std::slice::from_ref(&noted), Some(&ours))
        .await
        .unwrap();
    assert_eq!((whole.rows, whole.chains[0].sealed), (5, Some(3)));
    assert!(verify(&[], Some(&theirs)).await.is_err());

    // Somebody who can write the lake, and this machine, writes the chain anew.
    let server = spool.join(&noted.server_id);
    for name in ["head.json", "begun"] {
        let path = server.join(name);
        let _ = std::fs::remove_file(&path);
    }
    world.tamper(|rows| rows.slice(0, 0)).await;
    let note = note_name(&noted.server_id);
    world
        .lake
        .put_note(&note, "{\"sequence\":0,\"hash\":\"\"}".into())
        .await
        .unwrap();
    write(open(&theirs).await, 5).await;
    assert_eq!(verify(&[], None).await.map(|whole| whole.rows), Ok(5));
    let broken = verify(&[], Some(&ours)).await.unwrap_err();
    assert!(broken.reason.contains("seal"), "{broken:?}");
    let broken = verify(&[noted], None).await.unwrap_err();
    assert_eq!(broken.sequence, 3);
    assert!(broken.reason.contains("written anew"), "{broken:?}");
}

#[tokio::test]
async fn with_the_key_every_chain_must_bear_a_seal_of_a_row_that_it_has() {
    let world = World::new().await;
    let key = ServerKey::random().unwrap();
    let verify = async |key| verify_log(&world.lake, &[], key).await.unwrap();
    let write = async |log: &QueryLog, rows| {
        for _ in 0..rows {
            log.append(row("answered")).unwrap();
        }
        log.flush().await.unwrap();
    };
    let log = world.server().await;
    write(&log, 3).await;
    let name = note_name(log.spool.server_id());
    let read = async || world.lake.note(&name).await.unwrap().unwrap();
    let third = read().await;
    let broken = verify(Some(&key)).await.unwrap_err();
    assert!(broken.reason.contains("no server has sealed"), "{broken:?}");
    // Nor is it enough to take the note away.
    let place = object_store::path::Path::from(format!("notes/{name}"));
    world.lake.store().delete(&place).await.unwrap();
    assert!(verify(None).await.is_ok());
    let broken = verify(Some(&key)).await.unwrap_err();
    assert!(broken.reason.contains("no server has sealed"), "{broken:?}");

    drop(log);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let spool = world.folder.path().join("spool");
    let log = QueryLog::open(&world.lake, &spool, Some(key.clone())).await;
    let log = log.unwrap();
    write(&log, 2).await;
    let whole = verify(Some(&key)).await.unwrap();
    assert_eq!((whole.rows, whole.chains[0].sealed), (5, Some(5)));
    let beyond = Noted {
        server_id: log.spool.server_id().to_owned(),
        sequence: 6,
        hash: whole.chains[0].hash.clone(),
    };
    let broken = verify_log(&world.lake, &[beyond], None).await.unwrap();
    assert!(broken.unwrap_err().reason.contains("is not there"));

    // The end is taken away, and the note told so; but its seal cannot be made.
    let fifth = read().await;
    let mut note: serde_json::Value = serde_json::from_str(&third).unwrap();
    note["sealed"] = serde_json::from_str::<serde_json::Value>(&fifth).unwrap()["sealed"].take();
    world.tamper(|rows| rows.slice(0, 3)).await;
    for (note, reason) in [
        (fifth, "at the end"),
        (note.to_string(), "the seal is not of this chain"),
    ] {
        world.lake.put_note(&name, note).await.unwrap();
        for key in [None, Some(&key)] {
            let broken = verify(key).await.unwrap_err();
            assert!(broken.reason.contains(reason), "{broken:?}");
        }
    }
}
