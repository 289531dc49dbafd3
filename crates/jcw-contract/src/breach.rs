//! A breach is one row breaking one rule. Rules are numbered when the contract
//! is compiled, so that a breach costs twelve bytes until it is written out.

use jcw_project::Severity;

/// Where a rule stands in its [`RuleBook`].
pub(crate) type RuleNumber = u32;

/// Every rule that a row of one contract can break, in order of declaration.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleBook {
    rules: Vec<RuleEntry>,
}

/// One rule as it is reported.
#[derive(Debug, Clone)]
pub(crate) struct RuleEntry {
    /// `age.range`, `received-is-sum`.
    pub(crate) id: String,
    pub(crate) column: Option<String>,
    pub(crate) severity: Severity,
    /// A sentence without a full stop, and never a cell's value.
    pub(crate) reason: String,
}

impl RuleBook {
    pub(crate) fn add(&mut self, entry: RuleEntry) -> RuleNumber {
        self.rules.push(entry);
        self.rules.len() as RuleNumber - 1
    }

    /// Adds the rule `<column>.<what>`; `reason` is the rest of a sentence that
    /// begins with the column's name.
    pub(crate) fn add_for(
        &mut self,
        column: &str,
        what: &str,
        severity: Severity,
        reason: &str,
    ) -> RuleNumber {
        self.add(RuleEntry {
            id: format!("{column}.{what}"),
            column: Some(column.to_owned()),
            severity,
            reason: format!("{column} {reason}"),
        })
    }

    pub(crate) fn get(&self, number: RuleNumber) -> &RuleEntry {
        &self.rules[number as usize]
    }
}

/// A row that may not load, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Breach {
    /// Row of the batch.
    pub(crate) row: u32,
    pub(crate) rule: RuleNumber,
    /// Says more than the rule's own reason: the rest of a sentence that begins
    /// with the column's name.
    pub(crate) detail: Option<&'static str>,
}

/// The breaches of one batch. Warnings are counted only.
#[derive(Debug)]
pub(crate) struct Breaches<'a> {
    book: &'a RuleBook,
    rejecting: Vec<Breach>,
    /// For each rule: how often, and the first row of the batch.
    warned: Vec<(u64, u32)>,
}

impl<'a> Breaches<'a> {
    pub(crate) fn new(book: &'a RuleBook) -> Self {
        Breaches {
            book,
            rejecting: Vec::new(),
            warned: Vec::new(),
        }
    }

    #[cold]
    pub(crate) fn add(&mut self, row: usize, rule: RuleNumber, detail: Option<&'static str>) {
        let row = row as u32;
        if self.book.get(rule).severity == Severity::Warn {
            self.warned.resize(self.book.rules.len(), (0, u32::MAX));
            let (count, first) = &mut self.warned[rule as usize];
            *count += 1;
            *first = row.min(*first);
        } else {
            self.rejecting.push(Breach { row, rule, detail });
        }
    }

    /// Breaches that reject, by row and rule, and the counts of all rules that
    /// were broken. `rows` are the row numbers in the file.
    pub(crate) fn finish(mut self, rows: &[i64]) -> (Vec<Breach>, Vec<RuleCount>) {
        self.rejecting.sort_unstable();
        self.rejecting
            .dedup_by_key(|breach| (breach.row, breach.rule));
        let mut counts = self.warned;
        counts.resize(self.book.rules.len(), (0, u32::MAX));
        for breach in &self.rejecting {
            let (count, first) = &mut counts[breach.rule as usize];
            *count += 1;
            *first = breach.row.min(*first);
        }
        let counts = counts
            .into_iter()
            .enumerate()
            .filter(|(_, (count, _))| *count > 0)
            .map(|(number, (count, first))| {
                let rule = self.book.get(number as RuleNumber);
                RuleCount {
                    rule: rule.id.clone(),
                    column: rule.column.clone(),
                    severity: rule.severity,
                    reason: rule.reason.clone(),
                    rows: count,
                    first_row: rows.get(first as usize).copied().unwrap_or_default(),
                }
            })
            .collect();
        (self.rejecting, counts)
    }
}

/// How many rows broke a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    /// `age.range`, `received-is-sum`.
    pub rule: String,
    /// The column, where the rule is about one.
    pub column: Option<String>,
    /// What a breach does.
    pub severity: Severity,
    /// What the partner is told.
    pub reason: String,
    /// Rows that broke it.
    pub rows: u64,
    /// The smallest `_row` among them.
    pub first_row: i64,
}

/// Counts of several batches taken together. The order of the batches does not
/// matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleCounts {
    counts: std::collections::BTreeMap<String, RuleCount>,
}

impl RuleCounts {
    /// Adds the counts of one batch.
    pub fn add(&mut self, counts: &[RuleCount]) {
        for count in counts {
            match self.counts.get_mut(&count.rule) {
                Some(sum) => {
                    sum.rows += count.rows;
                    sum.first_row = sum.first_row.min(count.first_row);
                }
                None => {
                    self.counts.insert(count.rule.clone(), count.clone());
                }
            }
        }
    }

    /// By rule id.
    pub fn iter(&self) -> impl Iterator<Item = &RuleCount> {
        self.counts.values()
    }
}
