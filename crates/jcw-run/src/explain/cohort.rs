//! Who was counted in a figure: the rows of its model that lie in its area,
//! period and slice, and what became of each. Counted in the tables that the
//! release pins, by the definition that it keeps, so that an old figure is
//! explained as it was made.

use super::figure::Figure;
use crate::definition::Part;
use crate::error::Error;
use crate::views::collect;
use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::prelude::SessionContext;
use std::collections::BTreeMap;
use std::fmt;

/// What became of the rows in a figure's area, period and slice.
#[derive(Debug, Clone)]
pub(super) struct Cohort {
    model: String,
    /// Everything in it.
    rows: i64,
    /// Not of the cohort, and the SQL of who is.
    outside: Option<(i64, String)>,
    /// Id, words, rows: the first reason that holds.
    left_out: Vec<(String, String, i64)>,
    counted: i64,
    /// Distinct ones, where those are counted instead of rows.
    distinct: Option<(i64, String)>,
    /// In no period, as they have no date; and the SQL of the date.
    undated: Option<(i64, String)>,
}

impl Cohort {
    pub(super) async fn count(
        context: &SessionContext,
        part: &Part,
        figure: &Figure,
    ) -> Result<Cohort, Error> {
        let cohort = part.word("cohort_sql");
        let exclusions = part.exclusions();
        let mut fates = String::new();
        if !cohort.is_empty() {
            fates.push_str(&format!(
                " when not coalesce(({cohort}), false) then {OUTSIDE}"
            ));
        }
        for (nth, (_, _, sql)) in exclusions.iter().enumerate() {
            fates.push_str(&format!(" when coalesce(({sql}), false) then {nth}"));
        }
        let fate = match fates.is_empty() {
            true => format!("{COUNTED}"),
            false => format!("case{fates} else {COUNTED} end"),
        };
        let key = match part.word("count_sql") {
            "" => "null",
            key => key,
        };
        let place = place(part, figure);
        let period = period(part, figure);
        let model = part.word("model");
        let rows = fates_of(
            context,
            &format!(
                "select {fate} as fate, count(*) as n, count(distinct ({key})) as people
                 from {model} where {place} and {period} group by 1"
            ),
        )
        .await?;
        let of = |fate: i64| rows.get(&fate).map_or(0, |(n, _)| *n);
        let distinct = rows.get(&COUNTED).map_or(0, |(_, people)| *people);
        Ok(Cohort {
            model: model.to_owned(),
            rows: rows.values().map(|(n, _)| n).sum(),
            outside: (!cohort.is_empty()).then(|| (of(OUTSIDE), cohort.to_owned())),
            left_out: exclusions
                .into_iter()
                .zip(0..)
                .map(|((id, what, _), nth)| (id, what, of(nth)))
                .collect(),
            counted: of(COUNTED),
            distinct: (key != "null").then(|| (distinct, key.to_owned())),
            undated: match part.word("when_sql") {
                "" => None,
                when => {
                    let sql = format!(
                        "select {fate} as fate, count(*) as n, 0 as people from {model}
                         where {place} and ({when}) is null group by 1"
                    );
                    let undated = fates_of(context, &sql).await?;
                    let n = undated.get(&COUNTED).map_or(0, |(n, _)| *n);
                    Some((n, when.to_owned()))
                }
            },
        })
    }
}

const OUTSIDE: i64 = -1;
const COUNTED: i64 = -2;

/// Rows and distinct people by what became of them.
async fn fates_of(context: &SessionContext, sql: &str) -> Result<BTreeMap<i64, (i64, i64)>, Error> {
    let rows = collect(context.sql(sql).await?).await?;
    let column = |nth: usize| -> Result<Vec<i64>, Error> {
        let values = cast(rows.column(nth), &DataType::Int64)?;
        let values = values.as_primitive::<Int64Type>().iter();
        Ok(values.map(Option::unwrap_or_default).collect())
    };
    let (fates, counts, people) = (column(0)?, column(1)?, column(2)?);
    let counts = counts.into_iter().zip(people);
    Ok(fates.into_iter().zip(counts).collect())
}

/// Of this area or provider, and of this word of this topic.
fn place(part: &Part, figure: &Figure) -> String {
    let code = match figure.area_level.as_str() {
        "provider" => "provider_code",
        _ => "area_code",
    };
    let of_area = format!("cast({code} as varchar) = {}", quoted(&figure.area_code));
    match part.topic(&figure.topic) {
        Some(sql) => format!(
            "{of_area} and coalesce(nullif(trim(cast(({sql}) as varchar)), ''), 'Unknown') = {}",
            quoted(&figure.breakdown)
        ),
        None => of_area,
    }
}

fn period(part: &Part, figure: &Figure) -> String {
    let when = format!("cast(({}) as date)", part.word("when_sql"));
    let (start, end) = (&figure.period_start, &figure.period_end);
    match part.word("grain") {
        "term" | "survey_wave" => format!("cast(period as varchar) = {}", quoted(&figure.period)),
        "census" => format!("{when} = date '{start}'"),
        _ if part.word("is_stock") == "true" => format!("{when} = date '{end}'"),
        _ => format!("{when} between date '{start}' and date '{end}'"),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl fmt::Display for Cohort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:>9}  rows of {}", self.rows, self.model)?;
        if let Some((n, sql)) = &self.outside {
            writeln!(
                f,
                "  {n:>9}  not of the cohort, which is: {}",
                one_line(sql)
            )?;
        }
        for (id, what, n) in &self.left_out {
            writeln!(f, "  {n:>9}  left out, {id}: {what}")?;
        }
        write!(f, "  {:>9}  counted", self.counted)?;
        if let Some((n, key)) = &self.distinct {
            write!(f, ", who are {n} by {}", one_line(key))?;
        }
        writeln!(f)?;
        if let Some((n, when)) = self.undated.as_ref().filter(|(n, _)| *n > 0) {
            writeln!(
                f,
                "  {n:>9}  more would be, but have no date ({}), so they are in no period",
                one_line(when)
            )?;
        }
        Ok(())
    }
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}
