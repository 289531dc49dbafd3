//! Temporary.
use crate::{Inputs, Options, Plan, build};
use datafusion::prelude::*;
use jcw_lake::{Lake, Provenance, Scope};
use futures::TryStreamExt;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore]
async fn speed() {
    let n: u64 = std::env::var("ROWS").ok().and_then(|r| r.parse().ok()).unwrap_or(5_000_000);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/bench/project");
    let draft = jcw_project::Draft::read(&root, &|_: &str| Some("x".to_owned()));
    let project = draft.project.unwrap();
    let plan = Plan::new(&project).unwrap();
    let dir = format!("/tmp/bench_model_{n}");
    let fresh = !std::path::Path::new(&dir).exists();
    let lake = Lake::open(&dir).await.unwrap();
    if fresh {
        let ctx = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
        let schema = plan.declared["eput.contacts"].schema.clone();
        let children = n / 20;
        let sql = format!("select concat('CARECONTACT', lpad(cast(i as varchar), 15, '0')) as care_contact_id,
          cast(8880000000 + (i * 7919 % {children}) * 11 as varchar) as nhs_number,
          cast(date '2024-04-01' + cast((i * 31 % 365) as int) as date) as contact_on,
          case i * 13 % 10 when 9 then 'RAJ' when 8 then 'RAT' when 7 then 'RAT' else 'R1L' end as provider_code,
          case i * 17 % 4 when 0 then '07G' when 1 then '99E' when 2 then '99F' else '99G' end as commissioner_code,
          case i * 19 % 9 when 0 then '06' when 1 then '17' when 2 then '23' when 3 then '26' when 4 then '32' when 5 then '33' when 6 then '38' when 7 then '45' else '58' end as team_type,
          case i * 23 % 20 when 0 then '2' when 1 then '3' when 2 then '4' when 3 then '7' when 4 then '6' else '5' end as attendance_status,
          case i * 29 % 7 when 0 then '02' when 1 then '11' when 2 then '05' else '01' end as consultation_mechanism,
          cast(i % 90 + 1 as bigint) as duration_minutes,
          case i * 37 % 5 when 0 then 'A01' when 1 then 'B01' when 2 then 'C01' when 3 then 'D02' else 'L01' end as activity_location,
          cast(cast(i % 5000 as decimal(18,2)) / 7 as decimal(38,2)) as cost_gbp,
          cast(to_timestamp_micros(1711929600000000 + i * 6000000) as timestamp) as received_at,
          'abc' as _extract, i as _row
        from (select value as i from generate_series(1, {n}))");
        let stage = lake.stage("eput.contacts", &schema, &[]).await.unwrap();
        let stream = ctx.sql(&sql).await.unwrap().execute_stream().await.unwrap();
        let staged = stage.write_all(stream.map_err(|e| panic!("{e}"))).await.map_err(|e: jcw_lake::LakeError| e).unwrap();
        lake.commit(staged, Scope::Everything, Provenance::default()).await.unwrap();
    }
    let version = lake.table("eput.contacts").await.unwrap().unwrap().version();
    let inputs = Inputs { sources: [("eput.contacts".to_owned(), version)].into(), ..Default::default() };
    for (name, _) in std::fs::read_dir(format!("{dir}/tables")).unwrap().map(|e| (e.unwrap().path(), ())) {
        if !name.ends_with("eput") { std::fs::remove_dir_all(name).unwrap(); }
    }
    let lake = Lake::open(&dir).await.unwrap();
    let memory = std::env::var("MEM").ok().and_then(|r| r.parse().ok()).unwrap_or(300usize) << 20;
    let options = Options { run_id: "t".into(), selected: None, threads: 2, memory, spill: None };
    for _ in 0..2 {
    let began = std::time::Instant::now();
    let report = build(&plan, &lake, &inputs, &options, &|e| { if let crate::Event::Finished(r) = e { eprintln!("{:?} {} {:?} {:?}", began.elapsed(), r.table, r.took, r.outcome); } }).await.unwrap();
    eprintln!("total {:?} publishable {}", began.elapsed(), report.is_publishable());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    eprintln!("{}", status.lines().filter(|l| l.starts_with("VmHWM")).collect::<String>());
    }
}
