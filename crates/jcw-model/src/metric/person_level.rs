//! A person-level figure's SQL: the rows of a model, each put in its period and
//! under its topics, and added up.
//!
//! Here its expressions are checked, and their lineage told; [`query`] makes
//! the SQL of them.

mod measure;
mod query;

use super::expression::{Check, Checked, are_dates, has_columns};
use crate::catalog::Catalog;
use crate::trace::{Expressions, Traced};
use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::prelude::col;
use jcw_project::{
    AREA_COLUMNS, COVER_COLUMNS, Diagnostic, Metric, PERIOD_COLUMNS, PROVIDER_COLUMNS, Part,
    PersonLevel,
};

/// A figure that is counted from rows, checked against the columns of its model.
pub(crate) struct Counting<'m> {
    metric: &'m Metric,
    figure: &'m PersonLevel,
    cohort: Option<Checked>,
    exclusions: Vec<Checked>,
    when: Option<Checked>,
    topics: Vec<(&'m str, Checked)>,
    key: Option<Checked>,
    parts: Vec<Measured<'m>>,
    covers_filter: Option<Checked>,
}

/// A part with its checked expressions.
struct Measured<'m> {
    part: &'m Part,
    numerator: Checked,
    denominator: Option<Checked>,
}

impl<'m> Counting<'m> {
    /// Checks a figure against the columns of its model and of the model that
    /// says what is covered.
    pub(crate) fn new(
        metric: &'m Metric,
        figure: &'m PersonLevel,
        model: &DFSchema,
        covers: Option<&DFSchema>,
        catalog: &Catalog,
    ) -> Result<Counting<'m>, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        columns(figure, model, covers, &mut problems);
        let check = Check { model, catalog };
        let told = &mut problems;
        let cohort = figure.cohort.as_ref().map(|sql| check.boolean(sql, told));
        let exclusions = figure.exclusions.iter();
        let exclusions: Vec<_> = exclusions.map(|e| check.boolean(&e.sql, told)).collect();
        let when = figure.when.as_ref().map(|sql| check.day(sql, told));
        let topics = figure.by.iter();
        let topics: Vec<_> = topics
            .map(|(topic, sql)| (topic.as_str(), check.any(sql, told)))
            .collect();
        let key = figure.count.as_ref().map(|sql| check.any(sql, told));
        let parts: Vec<_> = figure
            .parts
            .iter()
            .map(|part| measured(figure, part, &check, told))
            .collect();
        let filter = figure.covers.as_ref().zip(covers);
        let covers_filter = filter.and_then(|(covers, model)| {
            let check = Check { model, catalog };
            Some(check.boolean(covers.filter.as_ref()?, told))
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        // Without a problem every expression is there.
        Ok(Counting {
            metric,
            figure,
            cohort: cohort.flatten(),
            exclusions: exclusions.into_iter().flatten().collect(),
            when: when.flatten(),
            topics: topics
                .into_iter()
                .filter_map(|(topic, checked)| Some((topic, checked?)))
                .collect(),
            key: key.flatten(),
            parts: parts.into_iter().flatten().collect(),
            covers_filter: covers_filter.flatten(),
        })
    }

    /// Where its columns come from: the lineage of [`Counting::queries`].
    pub(crate) fn traced(&self, model: &DFSchema) -> Traced {
        let mut expressions = Expressions::over(&self.figure.from, model);
        for column in AREA_COLUMNS {
            expressions.column(column, &col(column));
        }
        if self.figure.by_provider {
            let [code, name] = PROVIDER_COLUMNS;
            expressions.column("area_code", &col(code));
            expressions.column("area_name", &col(name));
        }
        for column in PERIOD_COLUMNS {
            match &self.when {
                Some(when) => expressions.column(column, &when.planned),
                None => expressions.column(column, &col(column)),
            }
        }
        for (_, topic) in &self.topics {
            expressions.column("breakdown", &topic.planned);
        }
        for measured in &self.parts {
            for column in ["numerator", "value"] {
                expressions.column(column, &measured.numerator.planned);
            }
            for column in ["denominator", "value"] {
                if let Some(denominator) = &measured.denominator {
                    expressions.column(column, &denominator.planned);
                }
            }
        }
        if let Some(key) = &self.key {
            for column in ["numerator", "denominator", "value"] {
                expressions.counted(column, &key.planned);
            }
        }
        for decides in self.cohort.iter().chain(&self.exclusions) {
            expressions.decide(&decides.planned);
        }
        expressions.traced()
    }
}

fn measured<'m>(
    figure: &PersonLevel,
    part: &'m Part,
    check: &Check<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Measured<'m>> {
    let numerator = check.number(&part.numerator, problems);
    let denominator = part.denominator.as_ref();
    let denominator = denominator.map(|sql| check.number(sql, problems));
    let numerator = numerator?;
    let denominator = match denominator {
        Some(checked) => Some(checked?),
        None => None,
    };
    if part.percentile.is_some() && numerator.found == DataType::Boolean {
        problems.push(
            Diagnostic::error(
                part.numerator.place.clone(),
                "a percentile is of numbers, and this is true or false",
            )
            .hint("write what is measured, for instance: days_waited"),
        );
    }
    if figure.count.is_some() && part.percentile.is_none() {
        let sides = [(&part.numerator, Some(&numerator))];
        let below = part
            .denominator
            .iter()
            .map(|sql| (sql, denominator.as_ref()));
        for (sql, checked) in sides.into_iter().chain(below) {
            if checked.is_some_and(|checked| checked.found != DataType::Boolean) {
                problems.push(
                    Diagnostic::error(
                        sql.place.clone(),
                        "with `count`, a numerator says whether somebody counts, true or false",
                    )
                    .hint("write a condition, or take `count` out"),
                );
            }
        }
    }
    Some(Measured {
        part,
        numerator,
        denominator,
    })
}

/// Says which columns the models lack.
fn columns(
    figure: &PersonLevel,
    model: &DFSchema,
    covers: Option<&DFSchema>,
    problems: &mut Vec<Diagnostic>,
) {
    const COUNTED: &str = "be counted";
    const COVERED: &str = "say what is covered";
    let from = &figure.from;
    has_columns(from, model, &AREA_COLUMNS, COUNTED, problems);
    if figure.by_provider {
        has_columns(
            from,
            model,
            &PROVIDER_COLUMNS,
            "be counted by provider",
            problems,
        );
    }
    if figure.when.is_none() {
        has_columns(
            from,
            model,
            &PERIOD_COLUMNS,
            "be counted by its own periods",
            problems,
        );
        are_dates(from, model, &PERIOD_COLUMNS[1..], COUNTED, problems);
    }
    if let (Some(named), Some(covers)) = (&figure.covers, covers) {
        has_columns(&named.from, covers, &COVER_COLUMNS, COVERED, problems);
        are_dates(&named.from, covers, &COVER_COLUMNS[3..], COVERED, problems);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::catalog::Catalog;
    use arrow::util::display::array_value_to_string;
    use datafusion::dataframe::DataFrame;

    /// The one cell of a query over no table.
    pub(crate) async fn cell(sql: &str) -> String {
        let catalog = Catalog::offline();
        let plan = catalog.plan_text(sql).unwrap();
        let rows = DataFrame::new(catalog.state().as_ref().clone(), plan);
        let rows = rows.collect().await.unwrap();
        array_value_to_string(rows[0].column(0), 0).unwrap()
    }
}
