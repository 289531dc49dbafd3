//! A plan is every table the engine makes, in the order it can be made, each
//! one parsed, named, typed and checked against the tables it reads, without
//! any data. What a project's SQL would do wrong is found here and not in the
//! middle of a night run.

mod figures;

use crate::action::{self, ACTION, ACTION_METRIC};
use crate::catalog::Catalog;
use crate::graph;
use crate::identity;
use crate::lineage;
use crate::metric::{METRIC_DEFINITION, METRIC_VALUE, PartSql};
use crate::problem::{Text, listed, nearest};
use crate::role;
use crate::rules;
use crate::sql::{Query, Read};
use crate::stored::stored_schema;
use crate::trace::{self, Traced};
use crate::unit_test;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::DFSchema;
use datafusion::sql::parser::Statement;
use jcw_project::{
    BIRTH_MONTH_COLUMN, Check, Classification, Column, Contract, Diagnostic, Kind, LOCAL_ID_TABLE,
    LSOA_COLUMN, Layer, Level, Materialised, Metric, Model, PERSON_REF_COLUMN, PERSON_TABLE,
    PersonLevel, Place, Placed, Project, Test,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Every table the engine makes.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) nodes: Vec<Node>,
    pub(crate) declared: BTreeMap<String, Declared>,
    pub(crate) metrics: Vec<MetricPlan>,
    classes: BTreeMap<String, BTreeMap<String, Classification>>,
}

/// One table the engine makes: a model, or one of the two metric tables.
#[derive(Debug, Clone)]
pub struct Node {
    /// As SQL names it: `core.ehc_request`.
    pub name: String,
    /// Which layer it stands in.
    pub layer: Layer,
    /// What one row is.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// Whether the result is stored.
    pub materialised: Materialised,
    /// Words to select by.
    pub tags: Vec<String>,
    /// Columns that name a row once; may be empty.
    pub grain: Vec<String>,
    /// What must be true before anybody sees it.
    pub tests: Vec<Test>,
    /// The SQL, as a person wrote it or as it was made from metrics.
    pub sql: String,
    /// Tables that the SQL reads: models, seeds, source tables; sorted.
    pub reads: Vec<String>,
    /// Columns as stored.
    pub schema: SchemaRef,
    /// Where it is declared.
    pub place: Place,
    pub(crate) body: Body,
    /// Tables that must be there before it: those read, and those its tests
    /// look into.
    pub(crate) needs: Vec<String>,
    pub(crate) traced: Traced,
    /// SHA-256 (hex) of what makes the rows and of what is tested of them, but
    /// not of what it is made from.
    pub(crate) digest: String,
}

/// What makes the rows of a node.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// A query.
    Query(Box<Statement>),
    /// Queries of one shape, one under another.
    Parts(Vec<String>),
    /// Rows that stand in the project's files.
    Rows(RecordBatch),
}

/// A table that exists before any model: a source table or a seed.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) schema: SchemaRef,
    pub(crate) classes: BTreeMap<String, Classification>,
}

/// A metric with the tables that feed it.
#[derive(Debug, Clone)]
pub(crate) struct MetricPlan {
    pub(crate) id: String,
    /// The model and the SQL of what is published.
    pub(crate) published: Option<(String, Vec<PartSql>)>,
    /// The table of what is counted from our own rows.
    pub(crate) counted: Option<String>,
}

impl Plan {
    /// Plans a project.
    ///
    /// # Errors
    /// Every error in models, their tests and metrics, in the order of files.
    pub fn new(project: &Project) -> Result<Plan, Vec<Diagnostic>> {
        let (plan, problems) = Planner::new(project, &BTreeSet::new()).plan();
        match problems.iter().any(|problem| problem.level == Level::Error) {
            true => Err(problems),
            false => Ok(plan),
        }
    }

    /// Every node, each after all it reads.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Source tables and seeds with their columns, by name.
    pub fn declared(&self) -> impl Iterator<Item = (&str, &SchemaRef)> {
        self.declared
            .iter()
            .map(|(name, table)| (name.as_str(), &table.schema))
    }

    /// What a column says about a person: as its contract declares it, or as
    /// the lineage of the model carries it.
    pub fn classification(&self, table: &str, column: &str) -> Classification {
        self.classes
            .get(table)
            .and_then(|columns| columns.get(column))
            .copied()
            .unwrap_or_default()
    }
}

/// What stands in the lake for a person's identifiers.
const STANDING_FOR: [(&str, Classification); 3] = [
    (PERSON_REF_COLUMN, Classification::LocalId),
    (BIRTH_MONTH_COLUMN, Classification::Quasi),
    (LSOA_COLUMN, Classification::Quasi),
];

/// What a column says about a person. An NHS number names one, whatever its
/// contract forgot to say.
fn class(column: &Column) -> Classification {
    match column.kind {
        Kind::NhsNumber | Kind::Upn | Kind::Uln => Classification::Identifier,
        _ => column.classification,
    }
}

/// Every problem in a project's models, their tests and its metrics: errors
/// and warnings, in the order of files. Needs neither data nor a lake.
pub fn check(project: &Project) -> Vec<Diagnostic> {
    Planner::new(project, &BTreeSet::new()).plan().1
}

/// As [`check`], of a project of which some files could not be read: what is
/// missing because of that is not reported again.
pub fn check_draft(draft: &jcw_project::Draft) -> Vec<Diagnostic> {
    match &draft.project {
        Some(project) => Planner::new(project, &draft.unread).plan().1,
        None => Vec::new(),
    }
}

/// A node before it is planned.
pub(crate) struct Draft<'p> {
    pub(crate) name: String,
    pub(crate) layer: Layer,
    pub(crate) of: Of<'p>,
    /// Tables it reads, as far as its SQL could be read.
    pub(crate) reads: Vec<Read>,
    /// Tables it reads and tables its tests look into.
    pub(crate) needs: BTreeSet<String>,
}

/// What a draft is a draft of.
pub(crate) enum Of<'p> {
    /// A model; no query when its SQL cannot be read.
    Model(&'p Model, Option<Box<Query>>),
    /// What is counted for one metric from our own rows.
    Counted(&'p Metric, &'p PersonLevel),
    /// `published.metric_value`.
    Values,
    /// `published.metric_definition`.
    Definitions,
    /// `published.action` and `published.action_metric`.
    Actions,
}

struct Planner<'p> {
    project: &'p Project,
    /// Tables that are missing because their file could not be read.
    unread: &'p BTreeSet<String>,
    catalog: Catalog,
    declared: BTreeMap<String, Declared>,
    /// Columns of every table that has been planned or declared.
    schemas: BTreeMap<String, Arc<DFSchema>>,
    nodes: Vec<Node>,
    metrics: Vec<MetricPlan>,
    problems: Vec<Diagnostic>,
}

impl<'p> Planner<'p> {
    fn new(project: &'p Project, unread: &'p BTreeSet<String>) -> Planner<'p> {
        let mut planner = Planner {
            project,
            unread,
            catalog: Catalog::offline(),
            declared: BTreeMap::new(),
            schemas: BTreeMap::new(),
            nodes: Vec::new(),
            metrics: Vec::new(),
            problems: Vec::new(),
        };
        for contract in &project.contracts {
            planner.declare(&contract.table(), contract);
        }
        for seed in &project.seeds {
            planner.declare(&seed.name, &seed.contract);
        }
        planner.declare_persons();
        planner
    }

    fn declare(&mut self, table: &str, contract: &Contract) {
        let schema = match stored_schema(table, &contract.lake_schema()) {
            Ok(schema) => schema,
            Err(problems) => {
                let place = &contract.id.place;
                let problems = problems.into_iter().map(|problem| {
                    Diagnostic::error(place.clone(), problem.message).hint(problem.hint)
                });
                self.problems.extend(problems);
                return;
            }
        };
        let classes = (contract.columns.iter())
            .map(|column| (column.name.value.clone(), class(column)))
            .chain(STANDING_FOR.map(|(name, class)| (name.to_owned(), class)))
            .collect();
        self.know(table, schema.clone());
        self.declared
            .insert(table.to_owned(), Declared { schema, classes });
    }

    /// Which records and numbers are one person's: what identity makes of the
    /// contracts' persons.
    fn declare_persons(&mut self) {
        for (table, schema) in [
            (PERSON_TABLE, jcw_project::person_schema()),
            (LOCAL_ID_TABLE, jcw_project::local_id_schema()),
        ] {
            let Ok(schema) = stored_schema(table, &schema) else {
                continue;
            };
            let pseudonyms = [PERSON_REF_COLUMN, "person_key", "local_id"];
            let classes = pseudonyms.map(|name| (name.to_owned(), Classification::LocalId));
            self.know(table, schema.clone());
            let classes = classes.into_iter().collect();
            self.declared
                .insert(table.to_owned(), Declared { schema, classes });
        }
    }

    /// Lets later nodes read `table`.
    fn know(&mut self, table: &str, schema: SchemaRef) {
        self.catalog.declare(table, schema.clone());
        if let Ok(schema) = DFSchema::try_from_qualified_schema(table, &schema) {
            self.schemas.insert(table.to_owned(), Arc::new(schema));
        }
    }

    fn plan(mut self) -> (Plan, Vec<Diagnostic>) {
        let drafts = self.drafts();
        let declared = self.declared.keys().map(String::as_str).collect();
        rules::check_reads(&drafts, declared, self.unread, &mut self.problems);
        let order = graph::order(&drafts, &mut self.problems);
        for draft in order {
            self.plan_draft(draft);
        }
        let plan = Plan {
            classes: lineage::classify(&self.declared, &self.nodes),
            nodes: self.nodes,
            declared: self.declared,
            metrics: self.metrics,
        };
        rules::check_identifiers(&plan, &mut self.problems);
        self.problems.extend(role::check(
            &self.project.roles,
            &self.schemas,
            &self.catalog,
        ));
        unit_test::check(&plan, &self.project.unit_tests, &mut self.problems);
        self.problems.sort_by(|a, b| a.place.cmp(&b.place));
        self.problems.dedup();
        (plan, self.problems)
    }

    fn drafts(&mut self) -> Vec<Draft<'p>> {
        let mut drafts = Vec::new();
        for model in &self.project.models {
            if !self.project.metrics.is_empty()
                && [METRIC_VALUE, METRIC_DEFINITION].contains(&model.name.as_str())
            {
                // The project's own check has said so.
                continue;
            }
            drafts.push(self.draft(model));
        }
        if !self.project.metrics.is_empty() {
            let metrics = self.project.metrics.iter();
            drafts.extend(metrics.filter_map(|metric| self.counted_draft(metric)));
            drafts.push(self.values_draft());
            drafts.push(Draft {
                name: METRIC_DEFINITION.to_owned(),
                layer: Layer::Published,
                of: Of::Definitions,
                reads: Vec::new(),
                needs: BTreeSet::new(),
            });
        }
        if !self.project.actions.is_empty() {
            drafts.extend([ACTION, ACTION_METRIC].map(|name| Draft {
                name: name.to_owned(),
                layer: Layer::Published,
                of: Of::Actions,
                reads: Vec::new(),
                needs: BTreeSet::new(),
            }));
        }
        drafts
    }

    fn draft(&mut self, model: &'p Model) -> Draft<'p> {
        let query = Query::parse(&Text::of_model(model))
            .map_err(|problems| self.problems.extend(problems))
            .ok();
        let reads = query
            .as_ref()
            .map(|query| query.reads.clone())
            .unwrap_or_default();
        let mut needs: BTreeSet<String> = reads.iter().map(|read| read.table.clone()).collect();
        for test in &model.tests {
            if let Check::Relationship { to, .. } = &test.check {
                needs.insert(to.value.clone());
            }
        }
        Draft {
            name: model.name.value.clone(),
            layer: model.layer,
            of: Of::Model(model, query.map(Box::new)),
            reads,
            needs,
        }
    }

    /// Plans one draft whose upstream has been tried. A draft that reads a
    /// table that could not be planned is passed over in silence: the fault is
    /// reported once, where it is.
    fn plan_draft(&mut self, draft: &Draft<'p>) {
        let made = match &draft.of {
            Of::Model(_, None) => None,
            Of::Model(model, Some(query)) => {
                match draft
                    .reads
                    .iter()
                    .all(|read| self.schemas.contains_key(&read.table))
                {
                    true => self.plan_model(model, query, draft),
                    false => None,
                }
            }
            Of::Counted(metric, figure) => self.plan_counted(metric, figure, draft),
            Of::Values => self.plan_values(draft),
            Of::Definitions => self.plan_definitions(),
            Of::Actions => (action::node(self.project, &draft.name))
                .map_err(|problem| self.problems.push(problem))
                .ok(),
        };
        if let Some(node) = made {
            self.know(&node.name, node.schema.clone());
            self.nodes.push(node);
        }
    }

    fn plan_model(&mut self, model: &Model, query: &Query, draft: &Draft<'_>) -> Option<Node> {
        let text = Text::of_model(model);
        let plan = match self.catalog.plan(&query.statement) {
            Ok(plan) => plan,
            Err(error) => {
                self.problems.extend(text.problems(&error));
                return None;
            }
        };
        rules::check_plan(&plan, &text, &mut self.problems);
        let schema = match stored_schema(&model.name, plan.schema().as_arrow()) {
            Ok(schema) => schema,
            Err(problems) => {
                let problems = problems
                    .into_iter()
                    .map(|problem| text.whole(problem.message).hint(problem.hint));
                self.problems.extend(problems);
                return None;
            }
        };
        self.know(&model.name, schema.clone());
        self.check_tests(model);
        let tests = tests_of(model);
        Some(Node {
            name: model.name.value.clone(),
            layer: model.layer,
            description: model.description.clone(),
            owner: model.owner.clone(),
            materialised: model.materialised,
            tags: model.tags.clone(),
            grain: model
                .grain
                .iter()
                .map(|column| column.value.clone())
                .collect(),
            sql: model.sql.clone(),
            reads: draft.reads.iter().map(|read| read.table.clone()).collect(),
            schema,
            place: model.name.place.clone(),
            body: Body::Query(Box::new(query.statement.clone())),
            needs: draft.needs.iter().cloned().collect(),
            traced: trace::trace(&plan),
            digest: identity::of_query(&query.normal(), &tests),
            tests,
        })
    }

    /// Tests are checked against the columns of the model's result.
    fn check_tests(&mut self, model: &Model) {
        let Some(schema) = self.schemas.get(&model.name.value).cloned() else {
            return;
        };
        for column in &model.grain {
            self.check_column(column, &model.name, &schema);
        }
        for test in &model.tests {
            match &test.check {
                Check::Unique(columns) | Check::NotNull(columns) => {
                    for column in columns {
                        self.check_column(column, &model.name, &schema);
                    }
                }
                Check::AcceptedValues { column, .. } => {
                    self.check_column(column, &model.name, &schema)
                }
                Check::Relationship { column, to, field } => {
                    self.check_column(column, &model.name, &schema);
                    if let Some(there) = self.schemas.get(&to.value).cloned() {
                        self.check_column(field, to, &there);
                    }
                }
                Check::Expression(sql) => {
                    self.problems
                        .extend(rules::check_expression(sql, &schema, &self.catalog));
                }
                Check::RowCount { .. } => {}
            }
        }
    }

    fn check_column(&mut self, column: &Placed<String>, table: &str, schema: &DFSchema) {
        let names: Vec<&str> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        if names.contains(&column.as_str()) {
            return;
        }
        let problem = Diagnostic::error(
            column.place.clone(),
            format!(
                "a test of {table} names column \"{}\", which it does not have",
                column.value
            ),
        );
        self.problems.push(match nearest(column, &names) {
            Some(name) => problem.hint(format!("did you mean \"{name}\"?")),
            None => problem.hint(format!("its columns are {}", listed(&names))),
        });
    }
}

/// A model's tests, those of its grain first.
fn tests_of(model: &Model) -> Vec<Test> {
    let mut tests = Vec::new();
    if let Some(first) = model.grain.first() {
        tests.push(Test {
            check: Check::Unique(model.grain.clone()),
            blocking: true,
            place: first.place.clone(),
        });
        tests.push(Test {
            check: Check::NotNull(model.grain.clone()),
            blocking: true,
            place: first.place.clone(),
        });
    }
    tests.extend(model.tests.iter().cloned());
    tests
}

pub(crate) fn grain_tests(grain: &[String], place: &Place) -> Vec<Test> {
    let columns: Vec<Placed<String>> = grain
        .iter()
        .map(|name| Placed {
            value: name.clone(),
            place: place.clone(),
        })
        .collect();
    let test = |check| Test {
        check,
        blocking: true,
        place: place.clone(),
    };
    vec![
        test(Check::Unique(columns.clone())),
        test(Check::NotNull(columns)),
    ]
}
