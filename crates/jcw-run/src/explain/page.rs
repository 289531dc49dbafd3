//! An explanation, printed: the definition, then each basis from the figure
//! down to the files.

use super::files::File;
use super::{Explanation, Side};
use crate::ledger::EXTRACT_TABLE;
use jcw_project::Basis;
use std::fmt;

/// Most figures shown of one metric.
const MOST: usize = 20;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.definition)?;
        writeln!(
            f,
            "Figures in {} (published {})",
            self.release.id,
            self.release.created_at.format("%Y-%m-%d %H:%M UTC")
        )?;
        for remark in &self.remarks {
            writeln!(f, "{remark}")?;
        }
        for side in &self.sides {
            side.write(f)?;
        }
        write!(
            f,
            "\nEvery file ever received is in {EXTRACT_TABLE}; `jcw status` shows it."
        )
    }
}

impl Side {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = match self.basis {
            Basis::Published => "As published",
            Basis::PersonLevel => "Counted from our own rows",
        };
        writeln!(f, "\n{heading}")?;
        for figure in self.figures.iter().take(MOST) {
            writeln!(f, "  {figure}")?;
        }
        if self.figures.len() > MOST {
            writeln!(
                f,
                "  ... and {} more; say which with --breakdown",
                self.figures.len() - MOST
            )?;
        }
        if let (Some(cohort), Some(figure)) = (&self.cohort, self.figures.first()) {
            writeln!(
                f,
                "\nWho was counted: {}, {}, {} to {}",
                figure.area_code, figure.breakdown, figure.period_start, figure.period_end
            )?;
            write!(f, "{cohort}")?;
        }
        write!(f, "{}", self.behind)?;
        writeln!(f, "\nFiles")?;
        for file in &self.files {
            file.write(f)?;
        }
        self.write_rejected(f)
    }

    fn write_rejected(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rejected.is_empty() {
            return writeln!(f, "\nNo row of these files was kept back.");
        }
        writeln!(
            f,
            "\nRows kept back from these files, which could have changed this figure"
        )?;
        for one in &self.rejected {
            writeln!(
                f,
                "  {:>6}  {}  {}  ({}, {})",
                one.rows, one.table, one.rule, one.source, one.file
            )?;
        }
        Ok(())
    }
}

impl File {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.loads.first() else {
            return Ok(());
        };
        writeln!(
            f,
            "  {}  ({}, received {})",
            first.file,
            first.source,
            first.received_at.format("%Y-%m-%d %H:%M UTC")
        )?;
        writeln!(
            f,
            "    sha256 {}",
            first.sha256.as_deref().unwrap_or_default()
        )?;
        for load in &self.loads {
            writeln!(
                f,
                "    {}: {} rows received, {} accepted, {} rejected, {} duplicate",
                load.table_name, load.received, load.accepted, load.rejected, load.duplicate
            )?;
        }
        Ok(())
    }
}
