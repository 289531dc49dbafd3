//! The tables of figures in a plan: what is counted for each metric from our
//! own rows, all figures under one another, and what they mean.

use super::{Body, Draft, MetricPlan, Node, Of, Planner, grain_tests};
use crate::identity;
use crate::metric::{
    self, Counting, DEFINITION_GRAIN, METRIC_DEFINITION, METRIC_VALUE, VALUE_GRAIN,
};
use crate::sql::Read;
use crate::trace::Traced;
use jcw_project::{Diagnostic, Layer, Materialised, Metric, PersonLevel, Place};
use std::collections::BTreeSet;

impl<'p> Planner<'p> {
    pub(super) fn counted_draft(&self, metric: &'p Metric) -> Option<Draft<'p>> {
        let figure = metric.person_level.as_ref()?;
        let covers = figure.covers.as_ref().map(|covers| &covers.from.value);
        let reads = self.models_named(std::iter::once(&figure.from.value).chain(covers));
        Some(Draft {
            name: metric.counted_table(),
            layer: Layer::Metrics,
            of: Of::Counted(metric, figure),
            needs: reads.iter().map(|read| read.table.clone()).collect(),
            reads,
        })
    }

    pub(super) fn values_draft(&self) -> Draft<'p> {
        let metrics = &self.project.metrics;
        let published = metrics.iter().filter_map(|m| m.published.as_ref());
        let mut reads = self.models_named(published.map(|figure| &figure.from.value));
        let counted = metrics.iter().filter(|m| m.person_level.is_some());
        reads.extend(counted.map(|metric| Read {
            table: metric.counted_table(),
            span: None,
        }));
        reads.sort_by(|a, b| a.table.cmp(&b.table));
        Draft {
            name: METRIC_VALUE.to_owned(),
            layer: Layer::Published,
            of: Of::Values,
            needs: reads.iter().map(|read| read.table.clone()).collect(),
            reads,
        }
    }

    /// Those of these names that are models, each once.
    fn models_named<'n>(&self, names: impl Iterator<Item = &'n String>) -> Vec<Read> {
        let is_model = |name: &&String| {
            let mut models = self.project.models.iter();
            models.any(|model| model.name.value == **name)
        };
        let names: BTreeSet<&String> = names.filter(is_model).collect();
        let read = |table: &String| Read {
            table: table.clone(),
            span: None,
        };
        names.into_iter().map(read).collect()
    }

    /// The SQL that is made from metrics is not planned here: its expressions
    /// are, one by one, which points at the right place and takes a quarter of
    /// the time; the rest of it is the same for every metric.
    pub(super) fn plan_counted(
        &mut self,
        metric: &Metric,
        figure: &PersonLevel,
        draft: &Draft<'_>,
    ) -> Option<Node> {
        let model = self.schemas.get(&figure.from.value).cloned()?;
        let covers = match &figure.covers {
            Some(covers) => Some(self.schemas.get(&covers.from.value).cloned()?),
            None => None,
        };
        let counting = Counting::new(metric, figure, &model, covers.as_deref(), &self.catalog)
            .map_err(|problems| self.problems.extend(problems))
            .ok()?;
        let queries = counting.queries();
        let sql = queries.join("\nunion all\n");
        let place = metric.id.place.clone();
        let grain: Vec<String> = VALUE_GRAIN.iter().map(ToString::to_string).collect();
        let tests = grain_tests(&grain, &place);
        Some(Node {
            name: draft.name.clone(),
            layer: Layer::Metrics,
            description: format!(
                "{} {}, counted from our own rows: one row for each part, area, period and breakdown",
                metric.id.value, metric.name
            ),
            owner: metric.owner.clone(),
            materialised: Materialised::Table,
            tags: Vec::new(),
            digest: identity::of_query(&sql, &tests),
            tests,
            grain,
            sql,
            reads: draft.reads.iter().map(|read| read.table.clone()).collect(),
            schema: metric::value_schema(),
            place,
            traced: counting.traced(&model),
            body: Body::Parts(queries),
            needs: draft.needs.iter().cloned().collect(),
        })
    }

    pub(super) fn plan_values(&mut self, draft: &Draft<'_>) -> Option<Node> {
        let mut traced = Traced::default();
        let mut parts = Vec::new();
        for metric in &self.project.metrics {
            let mut planned = MetricPlan {
                id: metric.id.value.clone(),
                published: None,
                counted: None,
            };
            if let Some(figure) = &metric.published
                && let Some(model) = self.schemas.get(&figure.from.value).cloned()
            {
                match metric::queries(metric, figure, &model, &self.catalog) {
                    Ok(queries) => {
                        parts.extend(queries.parts.iter().map(|part| part.sql.clone()));
                        planned.published = Some((figure.from.value.clone(), queries.parts));
                        traced.take_in(queries.traced);
                    }
                    Err(problems) => self.problems.extend(problems),
                }
            }
            let table = metric.counted_table();
            if metric.person_level.is_some() && self.schemas.contains_key(&table) {
                parts.push(metric::take_in(metric));
                traced.take_in(Traced::copy_of(&table, &metric::value_schema()));
                planned.counted = Some(table);
            }
            self.metrics.push(planned);
        }
        let sql = parts.join("\nunion all\n");
        let place = Place::start_of("pipelines/metrics");
        let grain: Vec<String> = VALUE_GRAIN.iter().map(ToString::to_string).collect();
        let tests = grain_tests(&grain, &place);
        Some(Node {
            name: METRIC_VALUE.to_owned(),
            layer: Layer::Published,
            description: "one row for each metric, basis, part, area, period and breakdown"
                .to_owned(),
            owner: "the owner of each metric".to_owned(),
            materialised: Materialised::Table,
            tags: Vec::new(),
            digest: identity::of_query(&sql, &tests),
            tests,
            grain,
            sql,
            reads: draft.reads.iter().map(|read| read.table.clone()).collect(),
            schema: metric::value_schema(),
            place,
            body: Body::Parts(parts),
            needs: draft.needs.iter().cloned().collect(),
            traced,
        })
    }

    pub(super) fn plan_definitions(&mut self) -> Option<Node> {
        let place = Place::start_of("pipelines/metrics");
        let rows = match metric::definitions(&self.project.metrics) {
            Ok(rows) => rows,
            Err(error) => {
                self.problems.push(Diagnostic::error(
                    place,
                    format!("the metrics do not make a table: {error}"),
                ));
                return None;
            }
        };
        let grain: Vec<String> = DEFINITION_GRAIN.iter().map(ToString::to_string).collect();
        let tests = grain_tests(&grain, &place);
        let hashes: Vec<&str> = self
            .project
            .metrics
            .iter()
            .map(|metric| metric.hash.as_str())
            .collect();
        Some(Node {
            name: METRIC_DEFINITION.to_owned(),
            layer: Layer::Published,
            description:
                "one row for each part of each metric on each basis: what it means and who answers for it"
                    .to_owned(),
            owner: "the owner of each metric".to_owned(),
            materialised: Materialised::Table,
            tags: Vec::new(),
            digest: identity::of_query(&hashes.join(" "), &tests),
            tests,
            grain,
            sql: String::new(),
            reads: Vec::new(),
            schema: rows.schema(),
            place,
            body: Body::Rows(rows),
            needs: Vec::new(),
            traced: Traced::default(),
        })
    }
}
