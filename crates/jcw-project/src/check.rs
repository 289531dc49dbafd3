//! What can only be checked when every file has been read: names in one file
//! that stand for things in another.

mod delivery;
mod role;

use crate::Project;
use crate::contract::Contract;
use crate::diagnostic::Diagnostic;
use crate::file::Role;
use crate::model::{Check, Layer};
use crate::place::{Place, Placed};
use crate::suggest;
use crate::warehouse::Warehouse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Models that the engine makes itself, from the metrics.
const MADE_FROM_METRICS: [&str; 2] = ["published.metric_definition", "published.metric_value"];

/// Models that the engine makes itself, from the actions.
const MADE_FROM_ACTIONS: [&str; 2] = ["published.action", "published.action_metric"];

/// Folders belong to partners. One problem a folder, at its first file.
pub(crate) fn folders(
    warehouse: &Warehouse,
    files: &[(Role, PathBuf)],
    problems: &mut Vec<Diagnostic>,
) {
    let ids = || warehouse.partners.iter().map(|partner| &partner.id.value);
    let mut told = BTreeSet::new();
    for (role, path) in files {
        let Some(folder) = role
            .partner()
            .filter(|folder| !ids().any(|id| id == folder))
        else {
            continue;
        };
        if told.insert(path.parent()) {
            let message = format!("the folder \"{folder}\" is not that of a partner");
            let hint = suggest::hint(folder, "partners in pipelines/warehouse.yaml", ids());
            problems.push(Diagnostic::error(Place::start_of(path), message).hint(hint));
        }
    }
}

/// Names across files.
pub(crate) fn project(
    project: &Project,
    unread: &BTreeSet<String>,
    problems: &mut Vec<Diagnostic>,
) {
    contracts_of_sources(project, unread, problems);
    delivery::deliveries(project, unread, problems);
    whole_tables(project, problems);
    references(project, unread, problems);
    models(project, unread, problems);
    metrics(project, unread, problems);
    actions(project, problems);
    role::roles(project, unread, problems);
    unit_tests(project, unread, problems);
}

/// Every source has a contract or a delivery, and each of those a source.
fn contracts_of_sources(
    project: &Project,
    unread: &BTreeSet<String>,
    problems: &mut Vec<Diagnostic>,
) {
    let alone = project
        .contracts
        .iter()
        .filter(|contract| delivery::folder(contract).is_none());
    let deliveries = project.deliveries.iter().map(|delivery| &delivery.id);
    let named: Vec<&Placed<String>> = alone
        .map(|contract| &contract.id)
        .chain(deliveries)
        .collect();
    for source in &project.sources {
        let wanted = &source.contract;
        if named.iter().any(|id| id.value == wanted.value)
            || unread.contains(&wanted.replace('/', "."))
        {
            continue;
        }
        let within = project
            .contract(wanted)
            .and_then(|contract| project.delivery_of(contract));
        if let Some(delivery) = within {
            let message = format!(
                "\"{}\" is one table of the delivery \"{}\", and a source brings it whole",
                wanted.value, delivery.id.value
            );
            let hint = format!("write `contract: {}`", delivery.id.value);
            problems.push(Diagnostic::error(wanted.place.clone(), message).hint(hint));
            continue;
        }
        let message = format!("there is no contract or delivery \"{}\"", wanted.value);
        let hint = match suggest::did_you_mean(wanted, named.iter().map(|id| &id.value)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("write it: schemas/{}.yaml", wanted.value),
        };
        problems.push(Diagnostic::error(wanted.place.clone(), message).hint(hint));
    }
    // A source that could not be read may be the one that uses a contract.
    if unread.iter().any(|name| name.contains('/')) {
        return;
    }
    for id in named {
        let mut sources = project.sources.iter();
        if !sources.any(|source| source.contract.value == id.value) {
            let message = format!("no source delivers by \"{}\"", id.value);
            let hint = format!(
                "write pipelines/{}.yaml, or take out {}",
                id.value,
                id.place.file.display()
            );
            problems.push(Diagnostic::warning(id.place.clone(), message).hint(hint));
        }
    }
}

/// What names no period is replaced as a whole by each delivery, so that two
/// sources would take away each other's rows.
fn whole_tables(project: &Project, problems: &mut Vec<Diagnostic>) {
    let mut first = BTreeMap::new();
    for source in &project.sources {
        let id = &source.contract.value;
        let header = project
            .delivery(id)
            .map(|delivery| delivery.contract_id(&delivery.header));
        let contract = project.contract(header.as_ref().unwrap_or(id));
        if contract.is_none_or(|contract| !contract.period.is_empty()) {
            continue;
        }
        if let Some(first) = first.get(id) {
            let message = format!(
                "\"{id}\" has no `period`, so each delivery replaces the whole table, and \"{first}\" delivers to it too",
            );
            problems.push(
                Diagnostic::error(source.contract.place.clone(), message)
                    .hint("declare a period, or give each source its own contract"),
            );
        } else {
            first.insert(id, &source.id.value);
        }
    }
}

/// References go to source tables and seeds: rows are checked before any model runs.
fn references(project: &Project, unread: &BTreeSet<String>, problems: &mut Vec<Diagnostic>) {
    let seeds = project.seeds.iter().map(|seed| &seed.contract);
    let tables: BTreeMap<String, &Contract> = project
        .contracts
        .iter()
        .chain(seeds)
        .map(|contract| (contract.table(), contract))
        .collect();
    for reference in tables.values().flat_map(|contract| &contract.references) {
        let table = &reference.table;
        if unread.contains(&table.value) {
            continue;
        }
        let Some(target) = tables.get(&table.value) else {
            let message = format!("there is no source table or seed \"{}\"", table.value);
            let hint = match project
                .models
                .iter()
                .any(|model| model.name.value == table.value)
            {
                true => {
                    "a model is built after the rows are checked; refer to a source table or a seed"
                        .into()
                }
                false => suggest::hint(table, "tables", tables.keys()),
            };
            problems.push(Diagnostic::error(table.place.clone(), message).hint(hint));
            continue;
        };
        for to in &reference.to {
            if target
                .columns
                .iter()
                .any(|column| column.name.value == to.value)
            {
                continue;
            }
            let message = format!(
                "the table \"{}\" has no column \"{}\"",
                table.value, to.value
            );
            let columns = target.columns.iter().map(|column| &column.name.value);
            let hint = suggest::hint(to, "columns", columns);
            problems.push(Diagnostic::error(to.place.clone(), message).hint(hint));
        }
    }
}

/// Names of models are used once; their tests name tables that exist.
fn models(project: &Project, unread: &BTreeSet<String>, problems: &mut Vec<Diagnostic>) {
    let tables = tables(project);
    for (at, model) in project.models.iter().enumerate() {
        let mut counted = project.metrics.iter().filter(|m| m.person_level.is_some());
        if MADE_FROM_METRICS.contains(&model.name.as_str())
            || counted.any(|metric| metric.counted_table() == model.name.value)
        {
            let message = format!(
                "the table \"{}\" is made from the metrics",
                model.name.value
            );
            problems.push(
                Diagnostic::error(model.name.place.clone(), message)
                    .hint("give this model another name"),
            );
        }
        if MADE_FROM_ACTIONS.contains(&model.name.as_str()) {
            let message = format!(
                "the table \"{}\" is made from the actions",
                model.name.value
            );
            problems.push(
                Diagnostic::error(model.name.place.clone(), message)
                    .hint("give this model another name"),
            );
        }
        if let Some(first) = project.models[..at]
            .iter()
            .find(|other| other.name.value == model.name.value)
        {
            let message = format!("there are two models \"{}\"", model.name.value);
            let hint = format!(
                "the other one is {}; rename one of them",
                first.name.place.file.display()
            );
            problems.push(Diagnostic::error(model.name.place.clone(), message).hint(hint));
        }
        for test in &model.tests {
            if let Check::Relationship { to, .. } = &test.check
                && !tables.contains(to.as_str())
                && !unread.contains(&to.value)
            {
                problems.push(no_table(to, &tables));
            }
        }
    }
}

/// Ids of metrics are used once; their figures come from a model of the layer
/// that has them ready to be divided.
fn metrics(project: &Project, unread: &BTreeSet<String>, problems: &mut Vec<Diagnostic>) {
    for (at, metric) in project.metrics.iter().enumerate() {
        let same = |other: &&crate::Metric| other.id.eq_ignore_ascii_case(&metric.id);
        if let Some(first) = project.metrics[..at].iter().find(same) {
            let message = format!("there are two metrics \"{}\"", metric.id.value);
            let hint = format!(
                "the other one is {}; give one another id",
                first.id.place.file.display()
            );
            problems.push(Diagnostic::error(metric.id.place.clone(), message).hint(hint));
        }
        if let Some(figure) = &metric.published {
            figure_model(&figure.from, &[Layer::Metrics], project, unread, problems);
        }
        if let Some(figure) = &metric.person_level {
            let layers = [Layer::Core, Layer::Metrics];
            figure_model(&figure.from, &layers, project, unread, problems);
            if let Some(covers) = &figure.covers {
                figure_model(&covers.from, &layers, project, unread, problems);
            }
            let has_clocks = project.seeds.iter().any(|seed| seed.name == CLOCKS);
            if let Some(clock) = figure.clock.as_ref().filter(|_| !has_clocks)
                && !unread.contains(CLOCKS)
            {
                let message = format!(
                    "the clock \"{}\" is one of {CLOCKS}, and there is no such seed",
                    clock.value
                );
                let hint = "write pipelines/seeds/clock.csv and clock.yaml, or take the line out";
                problems.push(Diagnostic::error(clock.place.clone(), message).hint(hint));
            }
        }
    }
}

/// The seed that holds the statutory clocks.
const CLOCKS: &str = "seed.clock";

/// Figures are made from a model of one of these layers.
fn figure_model(
    from: &Placed<String>,
    layers: &[Layer],
    project: &Project,
    unread: &BTreeSet<String>,
    problems: &mut Vec<Diagnostic>,
) {
    let ready = project.models.iter();
    let ready = ready.filter(|model| layers.contains(&model.layer));
    let ready: Vec<&String> = ready.map(|model| &model.name.value).collect();
    if ready.contains(&&from.value) || unread.contains(&from.value) {
        return;
    }
    let names: Vec<&str> = layers.iter().map(|layer| layer.name()).collect();
    let message = format!(
        "there is no model \"{}\" in the layer{} {}",
        from.value,
        if names.len() > 1 { "s" } else { "" },
        names.join(" and ")
    );
    let hint = suggest::hint(from, "models there", ready);
    problems.push(Diagnostic::error(from.place.clone(), message).hint(hint));
}

/// Actions name partners and metrics of the project.
fn actions(project: &Project, problems: &mut Vec<Diagnostic>) {
    let partners: Vec<&str> = (project.warehouse.partners.iter())
        .map(|partner| partner.id.as_str())
        .collect();
    let metrics: Vec<&str> = project.metrics.iter().map(|m| m.id.as_str()).collect();
    let mut must_exist = |name: &Placed<String>, what: &str, there: &[&str]| {
        if !there.contains(&name.as_str()) {
            let message = format!("there is no {what} \"{}\"", name.value);
            let hint = suggest::hint(name, &format!("{what}s"), there);
            problems.push(Diagnostic::error(name.place.clone(), message).hint(hint));
        }
    };
    for action in &project.actions {
        for partner in &action.partners {
            must_exist(partner, "partner", &partners);
        }
        for figure in &action.metrics {
            must_exist(&figure.metric, "metric", &metrics);
        }
    }
    if project.warehouse.home_area.is_some() {
        return;
    }
    let figures = project.actions.iter().flat_map(|action| &action.metrics);
    for figure in figures.filter(|figure| figure.area.is_none()) {
        let message = "this says no area, and the warehouse has no home area";
        let hint = "add a line `area: ...`, or `home_area: ...` in pipelines/warehouse.yaml";
        problems.push(Diagnostic::error(figure.metric.place.clone(), message).hint(hint));
    }
}

/// Unit tests are of a model or a metric that exists.
fn unit_tests(project: &Project, unread: &BTreeSet<String>, problems: &mut Vec<Diagnostic>) {
    // What is counted from our own rows is a table too, made of the metric.
    let counted: Vec<String> = project.metrics.iter().map(|m| m.counted_table()).collect();
    let models = project.models.iter().map(|m| &m.name.value);
    let models: Vec<&String> = models.chain(&counted).collect();
    let metrics: Vec<&String> = project.metrics.iter().map(|m| &m.id.value).collect();
    for tests in &project.unit_tests {
        let of = &tests.of.value;
        let (what, there) = match of.contains('.') {
            true => ("model", &models),
            false => ("metric", &metrics),
        };
        if !there.contains(&of) && !unread.contains(of) {
            let message = format!("there is no {what} \"{of}\" to test");
            let hint = suggest::hint(of, &format!("{what}s"), there);
            problems.push(Diagnostic::error(tests.of.place.clone(), message).hint(hint));
        }
    }
}

/// Every table that SQL can name.
fn tables(project: &Project) -> BTreeSet<String> {
    let sources = project.contracts.iter().map(Contract::table);
    let seeds = project.seeds.iter().map(|seed| seed.name.clone());
    let models = project.models.iter().map(|model| model.name.value.clone());
    sources
        .chain(seeds)
        .chain(models)
        .chain(MADE_FROM_METRICS.map(str::to_owned))
        .chain(MADE_FROM_ACTIONS.map(str::to_owned))
        .collect()
}

fn no_table(name: &Placed<String>, tables: &BTreeSet<String>) -> Diagnostic {
    let message = format!("there is no table \"{}\"", name.value);
    Diagnostic::error(name.place.clone(), message).hint(suggest::hint(name, "tables", tables))
}
