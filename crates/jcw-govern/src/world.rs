//! A small world for tests: children of three authorities, roles that see some of
//! them, and a second database that physically holds only what a role may see.

use crate::{
    Asking, Capacity, Door, GovernError, Governor, Method, Principal, ReleaseChoice, Session,
    Settings,
};
use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt as _;
use jcw_lake::{Contents, Lake, Pin, Provenance, Release, Scope, View};
use jcw_project::{Place, Placed, Project, Role, RoleLimits};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

/// Hidden rows hold what must not be met: a nought to divide by, text that is no
/// number, dates before all others.
pub(crate) const TABLES: [(&str, &str); 5] = [
    (
        "published.person",
        "select value as pid, case when value % 3 = 0 then concat('94340', value) else concat('raw-nhs-', value) end as nhs_p,
           concat('U', value) as upn_p,
           cast(concat(cast(2008 + value % 9 as varchar), '-0', cast(1 + value % 9 as varchar), '-1', cast(value % 10 as varchar)) as date) as dob,
           case when value % 2 = 0 then 'M' else 'F' end as sex,
           concat('E0100', value % 7) as lsoa, concat('SW1A ', value % 9) as postcode,
           case value % 3 when 0 then '301' when 1 then '302' else '303' end as la_code,
           case when value % 3 = 1 then 0 else value % 20 + 1 end as y,
           case when value % 3 = 0 then cast(value as varchar) else 'not a number' end as number_text,
           value * 7919 % 65536 as record_key
         from generate_series(1, 300)",
    ),
    (
        "published.ehcp",
        "select value + 1000 as ehcp_id, value % 300 + 1 as pid,
           case (value % 300 + 1) % 3 when 0 then '301' when 1 then '302' else '303' end as la_code,
           concat('W', value % 11) as ward,
           case when value % 5 = 0 then null else cast('2023-01-01' as date) end as issued,
           case value % 4 when 0 then 'HI' when 1 then 'ASD' when 2 then 'MLD' else null end as primary_need,
           cast(value * 13 % 997 as double) / 4.0 as annual_cost
         from generate_series(1, 900)",
    ),
    (
        "published.referral",
        "select value as ref_id, value % 300 + 1 as pid, case when value % 2 = 0 then 'RXX' else 'RYY' end as trust_code,
           cast(value % 90 as bigint) as waited
         from generate_series(1, 500)",
    ),
    (
        "published.ref_school",
        "select value as urn, concat('School ', value) as name, case value % 3 when 0 then '301' when 1 then '302' else '303' end as la_code
         from generate_series(1, 30)",
    ),
    ("core.secret", "select value as n from generate_series(1, 9)"),
];

/// What the council's analyst sees, as plain SQL over the raw tables.
pub(crate) const SEEN_BY_ANALYST: [(&str, &str); 3] = [
    (
        "person",
        "select pid, concat('p-', substr(md5(nhs_p), 1, 8)) as nhs_p, concat('u-', substr(md5(upn_p), 1, 8)) as upn_p,
           cast(date_trunc('year', dob) as date) as dob, sex, lsoa, cast(null as varchar) as postcode, la_code, y, number_text
         from raw_person where la_code = '301'",
    ),
    ("ehcp", "select * from raw_ehcp where la_code = '301'"),
    ("ref_school", "select * from raw_ref_school"),
];

/// See the module.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) lake: Lake,
    pub(crate) governor: Governor,
}

impl World {
    pub(crate) async fn new() -> World {
        let folder = TempDir::new().unwrap();
        let lake = Lake::open(folder.path().join("lake").to_str().unwrap())
            .await
            .unwrap();
        let mut contents = Contents::default();
        for (name, sql) in TABLES {
            contents
                .tables
                .insert(name.to_owned(), load(&lake, name, &made(sql).await).await);
        }
        contents.views.push(View {
            name: "published.girl".into(),
            sql: "select pid, la_code from published.person where sex = 'F'".into(),
        });
        lake.publish(contents).await.unwrap();
        World::over(folder, lake).await
    }

    pub(crate) async fn over(folder: TempDir, lake: Lake) -> World {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let nothing = |_: &str| Some(String::from("/nowhere"));
        let (project, problems) = Project::load(&root, &nothing);
        let mut project = project.unwrap_or_else(|| panic!("{problems:?}"));
        project.roles = roles();
        // A machine that is busy with other tests is not what is tested.
        let capacity = Capacity {
            planning: std::time::Duration::from_secs(120),
            ..Capacity::default()
        };
        let settings = Settings {
            capacity,
            ..Settings::default()
        };
        let governor = Governor::open(project, lake.clone(), settings)
            .await
            .unwrap();
        World {
            folder,
            lake,
            governor,
        }
    }

    pub(crate) async fn session(&self, role: &str, attributes: &[(&str, &str)]) -> Session {
        self.session_of(role, attributes, ReleaseChoice::Newest)
            .await
            .unwrap()
    }

    pub(crate) async fn session_of(
        &self,
        role: &str,
        attributes: &[(&str, &str)],
        release: ReleaseChoice,
    ) -> Result<Session, GovernError> {
        let attributes = attributes
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        let principal = Principal {
            name: format!("a {role}"),
            role: role.into(),
            attributes: attributes.collect(),
            method: Method::Password,
        };
        let asking = Asking {
            door: Door::CommandLine,
            purpose: None,
            release,
        };
        self.governor.session(principal, asking).await
    }

    /// The analyst of authority 301.
    pub(crate) async fn analyst(&self) -> Session {
        self.session("analyst", &[("area", "301")]).await
    }

    /// The only row of the analyst's answer.
    pub(crate) async fn one(&self, sql: &str) -> String {
        let rows = self.ask(sql).await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        assert_eq!(rows.len(), 1, "{sql}");
        rows[0].clone()
    }

    /// Why the analyst is not answered.
    pub(crate) async fn refused(&self, sql: &str) -> GovernError {
        match self.ask(sql).await {
            Err(error) => error,
            Ok(rows) => panic!("{sql} was answered: {rows:?}"),
        }
    }

    pub(crate) async fn ask(&self, sql: &str) -> Result<Vec<String>, GovernError> {
        ask(&self.analyst().await, sql).await
    }
}

/// Rows as text, in order.
pub(crate) async fn ask(session: &Session, sql: &str) -> Result<Vec<String>, GovernError> {
    let answer = session.prepare(sql).await?.run(Vec::new()).await?;
    let batches: Vec<RecordBatch> = answer.try_collect().await?;
    Ok(lines(&batches))
}

pub(crate) fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let rows = batches.iter().flat_map(|batch| {
        (0..batch.num_rows()).map(move |row| {
            let cells = batch
                .columns()
                .iter()
                .map(|column| match column.is_null(row) {
                    true => "null".to_owned(),
                    false => array_value_to_string(column, row).unwrap(),
                });
            cells.collect::<Vec<_>>().join("|")
        })
    });
    rows.collect()
}

/// The answer to SQL that reads no table.
pub(crate) async fn made(sql: &str) -> Vec<RecordBatch> {
    SessionContext::new()
        .sql(sql)
        .await
        .unwrap()
        .collect()
        .await
        .unwrap()
}

pub(crate) async fn load(lake: &Lake, name: &str, batches: &[RecordBatch]) -> Pin {
    let stage = lake.stage(name, &batches[0].schema(), &[]).await.unwrap();
    let mut writer = stage.writer();
    for batch in batches {
        writer.write(batch).await.unwrap();
    }
    let staged = stage.finish(writer.close().await.unwrap());
    let made = lake
        .commit(staged, Scope::Everything, Provenance::default())
        .await
        .unwrap();
    Pin {
        version: made.version,
        rows: batches.iter().map(|batch| batch.num_rows() as u64).sum(),
    }
}

/// A database that holds only what the analyst may see, without any governance.
pub(crate) async fn permitted() -> SessionContext {
    let context = SessionContext::new();
    for (name, sql) in TABLES {
        let batches = made(sql).await;
        let name = format!("raw_{}", name.split_once('.').unwrap().1);
        let table = datafusion::datasource::MemTable::try_new(batches[0].schema(), vec![batches]);
        context
            .register_table(name, std::sync::Arc::new(table.unwrap()))
            .unwrap();
    }
    let seen = SessionContext::new();
    for (name, sql) in SEEN_BY_ANALYST {
        let frame = context.sql(sql).await.unwrap();
        let schema = std::sync::Arc::new(frame.schema().as_arrow().clone());
        let batches = frame.collect().await.unwrap();
        let table = datafusion::datasource::MemTable::try_new(schema, vec![batches]);
        seen.register_table(name, std::sync::Arc::new(table.unwrap()))
            .unwrap();
    }
    seen
}

fn roles() -> Vec<Role> {
    let said = |text: &str| Placed {
        value: text.to_owned(),
        place: Place::start_of("pipelines/roles.yaml"),
    };
    let plain = |id: &str, reads: &[&str]| Role {
        id: said(id),
        description: String::new(),
        reads: reads.iter().map(|read| said(read)).collect(),
        hides: BTreeMap::new(),
        rows: BTreeMap::new(),
        masks: BTreeMap::new(),
        limits: RoleLimits::default(),
        groups: Vec::new(),
    };
    let mut analyst = plain(
        "analyst",
        &["published.person", "published.ehcp", "published.ref_school"],
    );
    for table in ["published.person", "published.ehcp"] {
        analyst.rows.insert(table.into(), said("la_code = $area"));
    }
    analyst
        .hides
        .insert("published.person".into(), vec![said("record_key")]);
    let masks = [
        ("nhs_p", "concat('p-', substr(md5(nhs_p), 1, 8))"),
        ("upn_p", "concat('u-', substr(md5(upn_p), 1, 8))"),
        ("dob", "cast(date_trunc('year', dob) as date)"),
        ("postcode", "cast(null as varchar)"),
    ];
    let masks = masks.map(|(column, mask)| (column.to_owned(), said(mask)));
    analyst
        .masks
        .insert("published.person".into(), masks.into());
    let mut trust = plain("trust", &["published.referral"]);
    trust
        .rows
        .insert("published.referral".into(), said("trust_code = $trust"));
    let mut numbered = plain("numbered", &["published.referral"]);
    numbered
        .rows
        .insert("published.referral".into(), said("waited = $days"));
    vec![
        analyst,
        trust,
        numbered,
        plain("commissioner", &["published"]),
        plain("engineer", &["*"]),
    ]
}

/// Publishes once more, with `core.secret` alone.
pub(crate) async fn publish_another(lake: &Lake) -> Release {
    let mut contents = lake.current_release().await.unwrap().unwrap().contents;
    contents
        .tables
        .retain(|name, _| name.starts_with("published.ref"));
    contents.views.clear();
    lake.publish(contents).await.unwrap()
}

/// Columns of the query log that is in the lake, in order.
pub(crate) async fn rows_of_log(lake: &Lake, columns: &str) -> Vec<String> {
    let table = lake.table(crate::QUERY_LOG).await.unwrap().unwrap();
    let context = SessionContext::new();
    context
        .register_table("query_log", table.provider().unwrap())
        .unwrap();
    let sql = format!("select {columns} from query_log order by sequence");
    let rows = context.sql(&sql).await.unwrap().collect().await.unwrap();
    lines(&rows)
}
