use super::*;
use crate::{Asking, Door, Governor, Method, Principal, ReleaseChoice, Settings};
use arrow::array::{Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use futures::StreamExt as _;
use jcw_lake::{Contents, Lake, Pin, Provenance, Scope};
use jcw_project::Project;
use std::path::Path;
use tempfile::TempDir;

const ROWS: i64 = 100_000;

/// A hundred thousand million pairs: nobody waits for that.
const LONG: &str = "select count(*) from big a, big b where a.n * b.n % 7 = 3";

struct World {
    _folder: TempDir,
    governor: Governor,
}

impl World {
    async fn new(capacity: Capacity, limits: RoleLimits) -> World {
        let folder = TempDir::new().unwrap();
        let lake = folder.path().join("lake");
        let lake = Lake::open(lake.to_str().unwrap()).await.unwrap();
        let batch = RecordBatch::try_new(
            Arc::new(Schema::new(vec![
                Field::new("n", DataType::Int64, false),
                Field::new("s", DataType::Utf8, false),
            ])),
            vec![
                Arc::new(Int64Array::from_iter_values(
                    (0..ROWS).map(|n| n * 7919 % ROWS),
                )),
                Arc::new(StringArray::from_iter_values(
                    (0..ROWS).map(|n| format!("a text that is not so short {n}")),
                )),
            ],
        )
        .unwrap();
        let stage = lake.stage("published.big", &batch.schema(), &[]).await;
        let stage = stage.unwrap();
        let mut writer = stage.writer();
        writer.write(&batch).await.unwrap();
        let staged = stage.finish(writer.close().await.unwrap());
        let made = lake.commit(staged, Scope::Everything, Provenance::default());
        let pin = Pin {
            version: made.await.unwrap().version,
            rows: ROWS as u64,
        };
        let mut contents = Contents::default();
        contents.tables.insert("published.big".into(), pin);
        lake.publish(contents).await.unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let nothing = |_: &str| Some(String::from("/nowhere"));
        let (project, problems) = Project::load(&root, &nothing);
        let mut project = project.unwrap_or_else(|| panic!("{problems:?}"));
        for role in &mut project.roles {
            role.limits = limits.clone();
        }
        let settings = Settings {
            capacity,
            ..Settings::default()
        };
        let governor = Governor::open(project, lake, settings).await.unwrap();
        World {
            _folder: folder,
            governor,
        }
    }

    async fn usual() -> World {
        World::new(Capacity::default(), RoleLimits::default()).await
    }

    async fn ask(&self, name: &str, sql: &str) -> Result<Answer> {
        let principal = Principal {
            name: name.into(),
            role: "data_engineer".into(),
            attributes: Default::default(),
            method: Method::Password,
        };
        let asking = Asking {
            door: Door::Http,
            purpose: None,
            release: ReleaseChoice::Newest,
        };
        let session = self.governor.session(principal, asking).await?;
        session.prepare(sql).await?.run(Vec::new()).await
    }

    /// Rows of a whole answer.
    async fn count(&self, sql: &str) -> Result<usize> {
        let mut answer = self.ask("ann", sql).await?;
        let mut rows = 0;
        while let Some(batch) = answer.next().await {
            rows += batch?.num_rows();
        }
        Ok(rows)
    }

    /// What is asked next is answered; on a busy machine it may take longer than the
    /// little time that a test gives its questions, and is asked again.
    async fn answers(&self) {
        let mut end = self.count("select 1").await;
        for _ in 0..100 {
            if !matches!(&end, Err(error) if error.kind == Kind::Time) {
                break;
            }
            end = self.count("select 1").await;
        }
        assert_eq!(end.unwrap(), 1);
    }

    /// Everything that questions took is free again.
    async fn is_idle(&self) {
        let load = || self.governor.load();
        for _ in 0..6_000 {
            if (load().running, load().waiting, load().memory) == (0, 0, 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("after two minutes there is still {:?}", load());
    }
}

fn limits(change: impl FnOnce(&mut RoleLimits)) -> RoleLimits {
    let mut limits = RoleLimits::default();
    change(&mut limits);
    limits
}

fn kind<T>(result: Result<T>) -> Kind {
    match result {
        Ok(_) => panic!("it was answered"),
        Err(error) => error.kind,
    }
}

#[tokio::test]
async fn whose_turn_does_not_come_is_told_before_a_client_gives_up() {
    let capacity = Capacity {
        running: 1,
        wait: Duration::from_millis(200),
        ..Capacity::default()
    };
    let world = World::new(capacity, RoleLimits::default()).await;
    let long = world.ask("ann", LONG).await.unwrap();
    let asked = tokio::time::timeout(Duration::from_secs(60), world.ask("bob", "select 1"));
    let refused = asked.await.unwrap().err().unwrap();
    assert_eq!(refused.kind, Kind::Limit);
    assert!(
        refused.message.contains("turn did not come"),
        "{}",
        refused.message
    );
    drop(long);
    world.is_idle().await;
    world.ask("bob", "select 1").await.unwrap();
}

#[tokio::test]
async fn an_answer_comes_whole_and_leaves_nothing_behind() {
    let world = World::usual().await;
    assert_eq!(
        world.count("select n, s from big").await.unwrap(),
        ROWS as usize
    );
    assert_eq!(
        world.count("select n from big where n < 0").await.unwrap(),
        0
    );
    world.is_idle().await;
}

#[tokio::test]
async fn a_question_that_takes_too_long_is_ended_and_the_next_is_answered() {
    let time = Duration::from_millis(700);
    let world = World::new(Capacity::default(), limits(|l| l.time = time)).await;
    assert_eq!(kind(world.count(LONG).await), Kind::Time);
    world.is_idle().await;
    world.answers().await;
}

#[tokio::test]
async fn cancelling_and_dropping_reach_the_plan() {
    let world = World::usual().await;
    let mut answer = world.ask("ann", LONG).await.unwrap();
    let cancel = answer.cancel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        cancel.now();
    });
    let end = answer.next().await.unwrap();
    assert_eq!(kind(end), Kind::Cancelled);
    assert!(answer.next().await.is_none());
    drop(answer);
    world.is_idle().await;
    let answer = world.ask(
        "ann",
        "select a.n, b.s from big a join big b on a.n = b.n order by b.s",
    );
    let answer = answer.await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(answer);
    world.is_idle().await;
}

#[tokio::test]
async fn a_reader_who_takes_nothing_loses_the_answer_and_is_told() {
    let capacity = Capacity {
        reader: Duration::from_secs(3),
        ..Capacity::default()
    };
    let world = World::new(capacity, RoleLimits::default()).await;
    let mut answer = world.ask("ann", "select n, s from big").await.unwrap();
    assert!(answer.next().await.unwrap().is_ok());
    world.is_idle().await;
    let mut last = None;
    while let Some(batch) = answer.next().await {
        last = Some(batch.map(|_| ()));
    }
    assert_eq!(kind(last.unwrap()), Kind::Cancelled);
}

#[tokio::test]
async fn an_answer_that_is_too_long_ends_with_an_error_never_silently() {
    let world = World::new(Capacity::default(), limits(|l| l.rows = 50_000)).await;
    assert_eq!(kind(world.count("select n from big").await), Kind::Limit);
    assert_eq!(
        world.count("select n from big limit 50000").await.unwrap(),
        50_000
    );
    let capacity = Capacity {
        answer: 1 << 20,
        ..Capacity::default()
    };
    let world = World::new(capacity, RoleLimits::default()).await;
    assert_eq!(kind(world.count("select s from big").await), Kind::Limit);
}

#[tokio::test]
async fn a_sort_spills_and_what_cannot_spill_is_refused_with_what_to_do() {
    let world = World::new(Capacity::default(), limits(|l| l.memory = 64 << 20)).await;
    let ten = "select s, n from big cross join generate_series(1, 10)";
    let sorted = format!("{ten} order by s, n");
    assert_eq!(world.count(&sorted).await.unwrap(), 10 * ROWS as usize);
    let gathered = format!("select array_agg(s order by n, s) from ({ten})");
    let refused = world.count(&gathered).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Limit, "{refused}");
    assert!(refused.message.contains("aggregate"), "{refused}");
    world.is_idle().await;
    let spill = world.governor.limits()._spill.path();
    let mode = std::os::unix::fs::PermissionsExt::mode(&spill.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
    let left = || {
        let folders = std::fs::read_dir(spill).unwrap();
        let folders = folders.map(|entry| entry.unwrap().path());
        let files = folders
            .filter(|path| path.is_dir())
            .flat_map(|folder| std::fs::read_dir(folder).unwrap());
        files.count()
    };
    // What was merging lets go of its files a moment after the answer has ended.
    for _ in 0..1_000 {
        if left() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} spilled files are left", left());
}

#[tokio::test]
async fn who_finds_no_place_in_the_queue_is_told_at_once_and_others_are_not_held_up() {
    let world = World::new(
        Capacity::default(),
        limits(|l| (l.running, l.waiting) = (2, 1)),
    )
    .await;
    let world = Arc::new(world);
    let held = [
        world.ask("ann", LONG).await.unwrap(),
        world.ask("ann", LONG).await.unwrap(),
    ];
    let waits = tokio::spawn({
        let world = world.clone();
        async move { world.ask("ann", "select 1").await.map(|_| ()) }
    });
    while world.governor.load().waiting == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(kind(world.ask("ann", "select 1").await), Kind::Limit);
    let mut other = world.ask("bob", "select 1").await.unwrap();
    assert!(other.next().await.unwrap().is_ok());
    drop(held);
    let admitted = tokio::time::timeout(Duration::from_secs(120), waits).await;
    admitted.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_stops_lets_answers_end_and_takes_no_new_question() {
    let world = World::usual().await;
    let mut answer = world.ask("ann", "select n from big").await.unwrap();
    let forever = world.ask("ann", LONG).await.unwrap();
    world.governor.stop_taking();
    assert_eq!(kind(world.ask("ann", "select 1").await), Kind::Unavailable);
    let mut rows = 0;
    while let Some(batch) = answer.next().await {
        rows += batch.unwrap().num_rows();
    }
    assert_eq!(rows, ROWS as usize);
    world.governor.close().await.unwrap();
    let mut forever = forever;
    assert_eq!(kind(forever.next().await.unwrap()), Kind::Unavailable);
    drop(forever);
    world.is_idle().await;
    // All four are in the lake.
    let table = world.governor.lake().table(crate::QUERY_LOG).await.unwrap();
    assert!(table.unwrap().rows() >= 2);
}

/// Section 5.4 of what is known to bring such servers down.
#[tokio::test]
async fn what_brings_others_down_ends_here_with_an_error_and_the_next_is_answered() {
    let capacity = Capacity {
        planning: Duration::from_secs(4),
        ..Capacity::default()
    };
    let world = World::new(capacity, limits(|l| l.time = Duration::from_secs(3))).await;
    let repeat = |text: &str, times: usize| text.repeat(times);
    let cases = [
        ("a long OR", format!("select n from big where n = 0{}", repeat(" or n = 1", 20_000))),
        ("a long sum", format!("select 1{}", repeat(" + 1", 20_000))),
        ("parentheses", format!("select {}1{}", repeat("(", 10_000), repeat(")", 10_000))),
        ("not not", format!("select {} true", repeat("not ", 10_000))),
        ("minus minus", format!("select {} 1", repeat("- ", 10_000))),
        ("case in case", format!("select {}1{}", repeat("case when true then ", 5_000), repeat(" end", 5_000))),
        ("queries in queries", format!("select * from {}big{}", repeat("(select * from ", 3_000), repeat(")", 3_000))),
        ("unions", format!("select n from big{}", repeat(" union all select n from big", 5_000))),
        ("joins", format!("select 1 from big{}", (0..500).map(|n| format!(" join big t{n} using (n)")).collect::<String>())),
        ("withs", format!("with {} select * from w1999", (0..2_000).map(|n| match n { 0 => "w0 as (select 1 as x)".into(), n => format!("w{n} as (select x from w{})", n - 1) }).collect::<Vec<_>>().join(", "))),
        ("columns", format!("select {} from big", (0..20_000).map(|n| format!("n + {n}")).collect::<Vec<_>>().join(", "))),
        ("a big IN", format!("select n from big where n in ({})", (0..100_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", "))),
        ("a series", "select generate_series(1, 9876543210)".into()),
        ("a series of rows", "select count(*) from generate_series(1, 98765432100)".into()),
        ("a long text", "select repeat('x', 1000000000)".into()),
        ("long texts", "select repeat(s, 100000) from big".into()),
        ("padding", "select lpad('x', 2000000000, 'y')".into()),
        ("a long array", "select array_repeat('x', 1000000000)".into()),
        ("a cross join", LONG.into()),
        ("a cross join of three", "select count(*) from big a, big b, big c where a.s < b.s or b.s < c.s".into()),
        ("no end", "with recursive r as (select 1 as x union all select x + 1 from r) select count(*) from r".into()),
        ("a regular expression", r"select s ~ '(\w{100}){100}' from big".into()),
        ("a long name", format!("select \"{}\" from big", repeat("x", 1 << 20))),
    ];
    for (what, sql) in cases {
        let answered = tokio::time::timeout(Duration::from_secs(120), world.count(&sql)).await;
        let answered = answered.unwrap_or_else(|_| panic!("{what} takes for ever"));
        let ended = match answered {
            Ok(_) => panic!("{what} was answered"),
            Err(error) => error.kind,
        };
        assert_ne!(ended, Kind::Internal, "{what}");
        let next = tokio::time::timeout(Duration::from_secs(120), world.answers());
        next.await.expect(what);
    }
    world.is_idle().await;
}

/// Of a million million pairs hardly one: its join gives no row for minutes.
const RARE: &str = "select count(*) as n from generate_series(1, 1000000) a, \
    generate_series(1, 1000000) b where a.value * b.value % 1000003 = 7";

#[tokio::test]
async fn joins_without_end_keep_nobody_else_waiting() {
    let world = World::usual().await;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let mut endless = Vec::new();
    for _ in 0..cores.min(6) {
        endless.push(world.ask("ann", RARE).await.unwrap());
    }
    // They are at their joins.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let counted = world.ask("bob", "select count(*) from generate_series(1, 100)");
    let counted = async { counted.await.unwrap().next().await.unwrap().unwrap() };
    let counted = tokio::time::timeout(Duration::from_secs(120), counted);
    assert_eq!(counted.await.unwrap().num_rows(), 1);
    drop(endless);
    world.is_idle().await;
}
