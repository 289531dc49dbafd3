//! Small projects written to a temporary folder, and a lake beside them.

use crate::build::{Inputs, Options, Released, SeedRows, build};
use crate::plan::{Plan, check_draft};
use crate::report::{Report, TableOutcome, TableReport};
use arrow::record_batch::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;
use jcw_lake::{Lake, Provenance, Scope};
use jcw_project::{Diagnostic, Draft, Project};
use std::path::PathBuf;
use tempfile::TempDir;

/// The SQL of `metrics.request`.
pub(crate) const METRICS_REQUEST: &str =
    "select area as area_code, area as area_name, 'local_authority' as area_level,
  cast(year as varchar) as period, make_date(cast(year as int), 1, 1) as period_start,
  make_date(cast(year as int), 12, 31) as period_end, 'calendar_year' as period_grain,
  'Total' as breakdown_topic, 'Total' as breakdown, received, refused, refused_status
from staging.request";

pub(crate) struct Files {
    folder: TempDir,
}

impl Files {
    /// A warehouse, and a contract `council/requests` with the columns `area`,
    /// `year`, `received`, `refused` (with `refused_status`), `nhs_number`.
    pub(crate) fn new() -> Files {
        let files = Files {
            folder: tempfile::tempdir().unwrap(),
        };
        files
            .write(
                "pipelines/warehouse.yaml",
                "name: Test\nlake: ./lake\npartners:\n  - {id: council, name: A council}\n",
            )
            .write(
                "pipelines/council/requests.yaml",
                "description: d\nowner: o\ncontract: council/requests\nfiles: [extracts/*.csv]\n",
            )
            .write(
                "schemas/council/requests.yaml",
                "description: one row for each area and year
owner: o
layout: {format: csv}
columns:
  - {name: area, type: text, required: true}
  - {name: year, type: integer, required: true}
  - {name: received, type: integer}
  - {name: refused, type: integer, symbols: {c: suppressed, x: unavailable}}
  - {name: nhs_number, type: text, classification: local_id}
",
            )
    }

    pub(crate) fn write(self, path: &str, text: &str) -> Files {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// A model with a plain header and these further lines of it.
    pub(crate) fn model(self, name: &str, more: &str, sql: &str) -> Files {
        let path = format!("pipelines/models/{}.sql", name.replace('.', "/"));
        self.write(
            &path,
            &format!("/*\ndescription: d\nowner: o\n{more}*/\n{sql}\n"),
        )
    }

    /// A metric `id` in percent that is published in `metrics.request`; `more`
    /// are further lines of the figure.
    pub(crate) fn metric(self, id: &str, more: &str) -> Files {
        let more: String = more.lines().map(|line| format!("  {line}\n")).collect();
        let figure = format!("published:\n  from: metrics.request\n  grain: calendar_year\n{more}");
        self.metric_with(id, "percent", &figure)
    }

    /// A metric with these figures.
    pub(crate) fn metric_with(self, id: &str, unit: &str, figures: &str) -> Files {
        let text = format!(
            "id: {id}
name: A rate
question: How often?
owner: o
definition: d
cohort: c
unit: {unit}
polarity: low
source: s
comparator: England
design: local
version: 1
{figures}"
        );
        self.write(&format!("pipelines/metrics/{id}.yaml"), &text)
    }

    /// `staging.request` and `metrics.request`, which can feed a metric.
    pub(crate) fn with_request_models(self) -> Files {
        self.model(
            "staging.request",
            "grain: [area, year]\n",
            "select area, year, received, refused, refused_status from council.requests",
        )
        .model("metrics.request", "", METRICS_REQUEST)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn draft(&self) -> Draft {
        Draft::read(self.folder.path(), &|_: &str| None)
    }

    pub(crate) fn project(&self) -> Project {
        let mut draft = self.draft();
        // Tests leave a grain out where they do not need it.
        draft
            .diagnostics
            .retain(|problem| !problem.message.contains("\"grain\""));
        assert_eq!(draft.diagnostics, Vec::new());
        draft.project.unwrap()
    }

    /// What `check` says of the models and metrics.
    pub(crate) fn problems(&self) -> Vec<Diagnostic> {
        check_draft(&self.draft())
    }

    /// As `place: message | hint`, one line each, file names alone.
    pub(crate) fn said(&self) -> String {
        self.problems()
            .iter()
            .map(|problem| {
                let place = problem.place.to_string();
                let file = place.rsplit('/').next().unwrap();
                format!(
                    "{file}: {} | {}\n",
                    problem.message,
                    problem.hint.as_deref().unwrap_or("")
                )
            })
            .collect()
    }

    pub(crate) fn plan(&self) -> Plan {
        Plan::new(&self.project()).unwrap()
    }

    pub(crate) async fn lake(&self) -> Lake {
        Lake::open(self.path("lake").to_str().unwrap())
            .await
            .unwrap()
    }

    /// Delivers rows to `council.requests`: SQL for `area, year, received,
    /// refused, refused_status`.
    pub(crate) async fn deliver(&self, lake: &Lake, values: &str) -> Inputs {
        let sql = format!(
            "select column1 as area, column2 as year, column3 as received, column4 as refused,
               column5 as refused_status, '9434765919' as nhs_number, 'x' as _extract,
               row_number() over () as _row
             from (values {values})"
        );
        let batches = SessionContext::new()
            .sql(&sql)
            .await
            .unwrap()
            .collect()
            .await
            .unwrap();
        let plan = self.plan();
        let schema = plan.declared["council.requests"].schema.clone();
        let stage = lake.stage("council.requests", &schema, &[]).await.unwrap();
        let rows = futures::stream::iter(batches.into_iter().map(Ok::<_, jcw_lake::LakeError>));
        let staged = stage.write_all(rows).await.unwrap();
        let made = lake
            .commit(staged, Scope::Everything, Provenance::default())
            .await
            .unwrap();
        Inputs {
            sources: [("council.requests".to_owned(), made.version)].into(),
            ..Inputs::default()
        }
    }

    pub(crate) async fn build(&self, lake: &Lake, inputs: &Inputs) -> Report {
        self.build_some(lake, inputs, &[]).await
    }

    pub(crate) async fn build_some(&self, lake: &Lake, inputs: &Inputs, words: &[&str]) -> Report {
        let plan = self.plan();
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let selected = (!words.is_empty()).then(|| plan.select(&words).unwrap());
        let options = Options {
            selected,
            ..options()
        };
        build(&plan, lake, inputs, &options, &|_| {}).await.unwrap()
    }
}

pub(crate) fn options() -> Options {
    Options {
        run_id: "test".to_owned(),
        selected: None,
        threads: 2,
        memory: 64 << 20,
        spill: None,
    }
}

/// What a release made of this report would hand to the next build.
pub(crate) fn released(report: &Report) -> std::collections::BTreeMap<String, Released> {
    let pins = report.tables.iter().map(|table| {
        let pin = Released {
            identity: table.identity.clone(),
            version: table.version,
            rows: table.rows,
        };
        (table.table.clone(), pin)
    });
    pins.collect()
}

pub(crate) fn table<'r>(report: &'r Report, name: &str) -> &'r TableReport {
    report
        .tables
        .iter()
        .find(|table| table.table == name)
        .unwrap()
}

pub(crate) fn outcomes(report: &Report) -> Vec<(&str, &TableOutcome)> {
    report
        .tables
        .iter()
        .map(|table| (table.table.as_str(), &table.outcome))
        .collect()
}

pub(crate) fn seed_rows(hash: &str, batch: RecordBatch) -> SeedRows {
    SeedRows {
        hash: hash.to_owned(),
        batches: vec![batch],
    }
}

/// The rows of a built table, as text.
pub(crate) async fn rows(lake: &Lake, report: &Report, name: &str, sql: &str) -> String {
    let version = table(report, name).version.unwrap();
    let provider = lake
        .table_at(name, version)
        .await
        .unwrap()
        .provider()
        .unwrap();
    let context = SessionContext::new();
    context.register_table("t", provider).unwrap();
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    pretty_format_batches(&batches).unwrap().to_string()
}
