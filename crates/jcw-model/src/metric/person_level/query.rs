//! The query of a person-level figure, step by step.
//!
//! The rows are read once and reduced at once to one for each area, month and
//! combination of topics; everything after works on that, so it costs the same
//! for ten rows as for ten million. Each step is read by one other alone,
//! because the engine makes a step anew for whoever reads it.

use super::super::expression::quoted;
use super::super::{STATUS_NO_DENOMINATOR, period};
use super::measure::{Measures, Steps, Way, grouped, strings};
use super::{Counting, Measured};
use jcw_project::{AREA_COLUMNS, Basis, Grain, PERIOD_COLUMNS, PROVIDER_COLUMNS, STATUS_OK};

/// The breakdown of what a row does not say.
const UNKNOWN: &str = "Unknown";

impl Counting<'_> {
    /// The queries that together make the figure, each with the columns of
    /// [`super::value_schema`]: one for the parts that are added up, and one
    /// for each percentile.
    pub(crate) fn queries(&self) -> Vec<String> {
        let (taken, added): (Vec<_>, Vec<_>) = self
            .parts
            .iter()
            .partition(|measured| measured.part.percentile.is_some());
        let added = match (added.is_empty(), &self.key) {
            (true, _) => None,
            (false, None) => Some(self.query(&added, Way::Sum)),
            (false, Some(_)) => Some(self.query(&added, Way::Distinct)),
        };
        let taken = taken.into_iter().filter_map(|measured| {
            let share = measured.part.percentile?;
            Some(self.query(&[measured], Way::Percentile(share)))
        });
        added.into_iter().chain(taken).collect()
    }

    fn query(&self, parts: &[&Measured<'_>], way: Way) -> String {
        let measures = Measures::of(parts, way);
        let mut steps = Steps::default();
        steps.add("cohort", self.cohort(&measures, way));
        steps.add("by_month", self.by_month(&measures));
        if self.figure.by_provider {
            steps.add("by_area", self.by_area(&measures, &steps));
        }
        if self.is_of_months() {
            steps.add("by_period", self.by_period(&measures, &steps));
        }
        steps.add("by_topic", self.by_topic(&measures, &steps));
        match way {
            Way::Sum => {}
            Way::Distinct => steps.add("people", self.people(&measures, &steps)),
            Way::Percentile(share) => {
                steps.add("ranked", self.ranked(&steps));
                steps.add("placed", self.placed(share, &steps));
            }
        }
        self.cover(&measures, way, &mut steps);
        steps.add("by_part", self.by_part(parts, &steps));
        format!("{}{}", steps.with(), self.figures(&steps))
    }

    /// One row for each row of the model that counts.
    fn cohort(&self, measures: &Measures, way: Way) -> String {
        let mut columns: Vec<String> = self
            .areas()
            .iter()
            .map(|column| format!("cast({column} as varchar) as {column}"))
            .collect();
        let when = self.when.as_ref().map(|when| format!("({})", when.sql));
        let when = when.unwrap_or_default();
        match self.grain() {
            None => columns.push(format!("{} as month", period::month_of(&when))),
            Some(Grain::Census) => columns.extend([
                format!("{} as period", period::census_label(&when)),
                format!("cast({when} as date) as period_start"),
                format!("cast({when} as date) as period_end"),
            ]),
            Some(_) => columns.extend([
                "cast(period as varchar) as period".to_owned(),
                "period_start".to_owned(),
                "period_end".to_owned(),
            ]),
        }
        for (nth, (_, topic)) in self.topics.iter().enumerate() {
            columns.push(format!(
                "coalesce(nullif(trim(cast(({}) as varchar)), ''), '{UNKNOWN}') as topic_{nth}",
                topic.sql
            ));
        }
        // Where periods are the model's own, a row out of the cohort still says
        // that there was such a period.
        let is_kept = !self.is_of_months();
        let counts = self.counts();
        for (name, sql) in &measures.columns {
            columns.push(match (is_kept, &counts) {
                (true, Some(counts)) => {
                    format!("case when {counts} then {sql} else 0 end as {name}")
                }
                _ => format!("{sql} as {name}"),
            });
        }
        let mut filters = Vec::new();
        match way {
            Way::Sum => {}
            Way::Distinct => {
                if let Some(key) = &self.key {
                    columns.push(format!("cast(({}) as varchar) as counted", key.sql));
                    filters.push(format!("({}) is not null", key.sql));
                }
            }
            Way::Percentile(_) => {
                let value = &measures.value;
                columns.push(format!("{value} as counted"));
                filters.push(format!("{value} is not null"));
            }
        }
        let keeps_all = is_kept && !matches!(way, Way::Percentile(_));
        filters.extend(counts.filter(|_| !keeps_all));
        if self.when.is_some() {
            filters.push(format!("{when} is not null"));
        }
        if self.figure.is_stock && self.is_of_months() {
            let last = period::month_end(&period::month_of(&when));
            filters.push(format!("cast({when} as date) = {last}"));
        }
        let filter = match filters.is_empty() {
            true => String::new(),
            false => format!("\n  where {}", filters.join("\n    and ")),
        };
        format!(
            "select {}\n  from {}{filter}",
            columns.join(",\n    "),
            self.figure.from.value
        )
    }

    /// What is true of a row that counts; nothing when every row does.
    fn counts(&self) -> Option<String> {
        let cohort = self.cohort.iter().map(|cohort| format!("({})", cohort.sql));
        let exclusions = self.exclusions.iter();
        let exclusions = exclusions.map(|e| format!("not coalesce(({}), false)", e.sql));
        let all: Vec<String> = cohort.chain(exclusions).collect();
        (!all.is_empty()).then(|| all.join(" and "))
    }

    fn by_month(&self, measures: &Measures) -> String {
        let keys = [self.areas(), self.times(), self.words()].concat();
        grouped("cohort", &keys, measures, measures.first)
    }

    /// Each row once for its local authority and once for its provider.
    fn by_area(&self, measures: &Measures, steps: &Steps) -> String {
        let [code, name] = PROVIDER_COLUMNS;
        let rest = [self.times(), self.words(), measures.names()]
            .concat()
            .join(", ");
        let inner = format!(
            "(select
      case when is_provider then {code} else area_code end as area_code,
      case when is_provider then {name} else area_name end as area_name,
      case when is_provider then 'provider' else area_level end as area_level,
      {rest}
    from (values (false), (true)) as whose(is_provider) cross join {}) as whose_rows
  where area_code is not null",
            steps.last
        );
        let keys = [strings(&AREA_COLUMNS), self.times(), self.words()].concat();
        grouped(&inner, &keys, measures, measures.later)
    }

    /// Months put together to periods of every grain.
    fn by_period(&self, measures: &Measures, steps: &Steps) -> String {
        let grains = &self.figure.grains;
        let start = period::start(grains, "period_grain", "month");
        let words: Vec<String> = grains
            .iter()
            .map(|grain| format!("({})", quoted(grain.period_word())))
            .collect();
        let rest = [strings(&AREA_COLUMNS), self.words(), measures.names()].concat();
        // Of a stock a longer period takes what was so on its last day.
        let only = match self.figure.is_stock {
            true => format!(
                "\n    where {} = {}",
                period::end(grains, "period_grain", &start),
                period::month_end("month")
            ),
            false => String::new(),
        };
        let inner = format!(
            "(select {}, period_grain, {start} as period_start
    from (values {}) as grain(period_grain) cross join {}{only}) as grain_rows",
            rest.join(", "),
            words.join(", "),
            steps.last
        );
        let keys = [strings(&AREA_COLUMNS), self.spans(), self.words()].concat();
        grouped(&inner, &keys, measures, measures.later)
    }

    /// The total, and each topic with its words.
    fn by_topic(&self, measures: &Measures, steps: &Steps) -> String {
        let names = std::iter::once("Total").chain(self.topics.iter().map(|(topic, _)| *topic));
        let topics: Vec<String> = names
            .enumerate()
            .map(|(nth, topic)| format!("({nth}, {})", quoted(topic)))
            .collect();
        let words: String = (0..self.topics.len())
            .map(|nth| format!(" when {} then topic_{nth}", nth + 1))
            .collect();
        let word = match words.is_empty() {
            true => "'Total'".to_owned(),
            false => format!("case nth{words} else 'Total' end"),
        };
        let rest = [strings(&AREA_COLUMNS), self.spans(), measures.names()].concat();
        let inner = format!(
            "(select {}, breakdown_topic, {word} as breakdown
    from (values {}) as topic(nth, breakdown_topic) cross join {}) as topic_rows",
            rest.join(", "),
            topics.join(", "),
            steps.last
        );
        grouped(&inner, &self.cell(), measures, measures.later)
    }

    /// Each person, or whatever is counted, once in each cell.
    fn people(&self, measures: &Measures, steps: &Steps) -> String {
        let sums = measures.columns.iter();
        let sums: Vec<String> = sums.map(|(n, _)| format!("sum({n}) as {n}")).collect();
        let cell = self.cell().join(", ");
        format!(
            "select {cell}, {}\n  from {}\n  group by {cell}",
            sums.join(", "),
            steps.last
        )
    }

    /// How many values of a cell there are up to each.
    fn ranked(&self, steps: &Steps) -> String {
        let cell = self.cell().join(", ");
        format!(
            "select {cell}, counted,
    sum(n_0) over (partition by {cell} order by counted rows between unbounded preceding and current row) as n_up_to,
    sum(n_0) over (partition by {cell}) as n_all
  from {}",
            steps.last
        )
    }

    /// The value at the share's place among the values of a cell, on a straight
    /// line between the two around it: `percentile_cont`.
    fn placed(&self, share: f64, steps: &Steps) -> String {
        let cell = self.cell().join(", ");
        format!(
            "select {cell}, below + part * (above - below) as n_0 from (
    select {cell}, place - floor(place) as part,
      min(case when n_up_to > floor(place) then counted end) as below,
      min(case when n_up_to > ceil(place) then counted end) as above
    from (select {cell}, counted, n_up_to, cast({share} as double) * cast(n_all - 1 as double) as place from {}) as places
    group by {cell}, place
  ) as around",
            steps.last
        )
    }

    /// Leaves periods out of which not all is known, and adds those in which
    /// nothing happened.
    fn cover(&self, measures: &Measures, way: Way, steps: &mut Steps) {
        let Some(covers) = &self.figure.covers else {
            return;
        };
        let filter = self.covers_filter.as_ref();
        let mut filters: Vec<String> = filter.map(|f| format!("({})", f.sql)).into_iter().collect();
        if !self.figure.by_provider {
            filters.push("coalesce(area_level, '') <> 'provider'".to_owned());
        }
        let filter = match filters.is_empty() {
            true => String::new(),
            false => format!("\n  where {}", filters.join(" and ")),
        };
        let figures = steps.last.to_owned();
        let sums = measures.columns.iter().map(|(name, _)| name.as_str());
        let sums: Vec<&str> = sums.collect();
        if !self.is_of_months() {
            steps.add(
                "covered",
                format!(
                    "select cast(area_code as varchar) as covered_code, known_from, known_to\n  from {}{filter}",
                    covers.from.value
                ),
            );
            steps.add(
                "known",
                format!(
                    "select {}, {} from {figures}
  where exists (select 1 from covered
    where covered_code = area_code and known_from <= period_start and period_end <= known_to)",
                    self.cell().join(", "),
                    sums.join(", ")
                ),
            );
            return;
        }
        let grains = &self.figure.grains;
        let words: Vec<String> = grains
            .iter()
            .map(|grain| format!("({})", quoted(grain.period_word())))
            .collect();
        steps.add(
            "covered_months",
            format!(
                "select area_code, area_name, area_level, known_from, known_to,
    unnest(generate_series(date_trunc('month', known_from), date_trunc('month', known_to), interval '1 month')) as month
  from (
    select cast(area_code as varchar) as area_code, cast(area_name as varchar) as area_name,
      cast(area_level as varchar) as area_level, known_from, known_to
    from {}{filter}
  ) as stretches",
                covers.from.value
            ),
        );
        steps.add(
            "covered",
            format!(
                "select distinct area_code, area_name, area_level, period_grain, period_start from (
    select area_code, area_name, area_level, period_grain, known_from, known_to, cast(month as date) as period_start
    from (values {}) as grain(period_grain) cross join covered_months
  ) as grain_months
  where period_start = {} and period_start >= known_from and {} <= known_to",
                words.join(", "),
                period::start(grains, "period_grain", "period_start"),
                period::end(grains, "period_grain", "period_start"),
            ),
        );
        let join = match way {
            // There is no percentile of nothing.
            Way::Percentile(_) => "inner",
            Way::Sum | Way::Distinct => "left",
        };
        let sums = sums.iter().map(|n| format!("f.{n} as {n}"));
        steps.add(
            "known",
            format!(
                "select c.area_code, c.area_name, c.area_level, c.period_grain, c.period_start,
    coalesce(f.breakdown_topic, 'Total') as breakdown_topic, coalesce(f.breakdown, 'Total') as breakdown,
    {}
  from covered as c
  {join} join {figures} as f
    on f.area_code = c.area_code and f.period_grain = c.period_grain and f.period_start = c.period_start",
                sums.collect::<Vec<_>>().join(", ")
            ),
        );
    }

    /// One row for each part of each cell.
    fn by_part(&self, parts: &[&Measured<'_>], steps: &Steps) -> String {
        let rows = parts.iter().enumerate().map(|(nth, measured)| {
            let part = measured.part;
            format!(
                "({nth}, {}, {}, {})",
                quoted(&part.id),
                quoted(&part.name),
                quoted(part.unit.word())
            )
        });
        let rows: Vec<String> = rows.collect();
        let of = |letter: &str, is_there: &dyn Fn(&Measured<'_>) -> bool| {
            let nths = (0..parts.len()).filter(|nth| is_there(parts[*nth]));
            let cases: String = nths
                .map(|nth| format!(" when {nth} then coalesce(cast({letter}_{nth} as double), 0)"))
                .collect();
            match cases.is_empty() {
                true => "cast(null as double)".to_owned(),
                false => format!("case nth{cases} end"),
            }
        };
        format!(
            "select {}, part, part_name, unit,
    {} as numerator,
    {} as denominator
  from (values {}) as part(nth, part, part_name, unit) cross join {}",
            self.cell().join(", "),
            of("n", &|_| true),
            of("d", &|measured| measured.denominator.is_some()),
            rows.join(", "),
            steps.last
        )
    }

    /// The figures, divided. A slice in which nothing was counted is left out.
    fn figures(&self, steps: &Steps) -> String {
        let grains = &self.figure.grains;
        let (period, end, grain) = match self.grain() {
            None => (
                period::label(grains, "period_grain", "period_start"),
                period::end(grains, "period_grain", "period_start"),
                "period_grain".to_owned(),
            ),
            Some(grain) => (
                "period".to_owned(),
                "period_end".to_owned(),
                quoted(grain.period_word()),
            ),
        };
        format!(
            "select
  {id} as metric_id, {basis} as basis, part, part_name,
  area_code, area_name, area_level,
  {period} as period, period_start, {end} as period_end, {grain} as period_grain,
  breakdown_topic, breakdown, numerator, denominator,
  case
    when denominator is null then numerator
    when denominator = 0 then null
    when unit = 'percent' then 100 * numerator / denominator
    when unit = 'per_10000' then 10000 * numerator / denominator
    else numerator / denominator
  end as value,
  unit,
  case when denominator = 0 then '{no_denominator}' else '{STATUS_OK}' end as status,
  cast(null as double) as published_value
from {last}
where breakdown_topic = 'Total' or numerator <> 0 or denominator <> 0",
            id = quoted(&self.metric.id),
            basis = quoted(Basis::PersonLevel.word()),
            no_denominator = STATUS_NO_DENOMINATOR,
            last = steps.last,
        )
    }

    /// The one grain whose periods are not made of months, if that is it.
    fn grain(&self) -> Option<Grain> {
        let mut grains = self.figure.grains.iter().copied();
        grains.find(|grain| !grain.is_of_months())
    }

    fn is_of_months(&self) -> bool {
        self.grain().is_none()
    }

    fn areas(&self) -> Vec<String> {
        let mut columns = strings(&AREA_COLUMNS);
        if self.figure.by_provider {
            columns.extend(strings(&PROVIDER_COLUMNS));
        }
        columns
    }

    /// What a row says of its time before periods are made.
    fn times(&self) -> Vec<String> {
        match self.is_of_months() {
            true => vec!["month".to_owned()],
            false => strings(&PERIOD_COLUMNS),
        }
    }

    /// What names a period.
    fn spans(&self) -> Vec<String> {
        match self.is_of_months() {
            true => strings(&["period_grain", "period_start"]),
            false => strings(&PERIOD_COLUMNS),
        }
    }

    fn words(&self) -> Vec<String> {
        (0..self.topics.len())
            .map(|nth| format!("topic_{nth}"))
            .collect()
    }

    /// What names a cell.
    fn cell(&self) -> Vec<String> {
        let slice = strings(&["breakdown_topic", "breakdown"]);
        [strings(&AREA_COLUMNS), self.spans(), slice].concat()
    }
}
