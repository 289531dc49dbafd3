//! Judging a batch: its cells become typed columns, rules and references are put
//! to them, and each row is accepted, rejected or withheld.

use super::{Checked, Checker};
use crate::bind::{Binding, is_computed};
use crate::breach::{Breach, Breaches};
use crate::column::Typed;
use crate::delivery::Delivery;
use crate::key::Keys;
use crate::reject::{SourceRows, reject_rows};
use crate::symbol::repeated;
use crate::table::batch_of;
use crate::text;
use crate::withheld::WithheldRows;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, Int64Array, RecordBatch,
    StringArray, StringViewArray, new_null_array,
};
use arrow::compute::FilterBuilder;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::sync::Arc;

impl Checker {
    pub(super) fn judge(
        &self,
        binding: &Binding,
        rows: usize,
        source: &SourceRows,
        delivery: &Delivery,
        keys: Keys,
    ) -> Result<Checked, ArrowError> {
        let mut breaches = Breaches::new(&self.book);
        let table = self.typed(binding, rows, source, &mut breaches, |_| true)?;
        self.check_twins(binding, source, &mut breaches);
        self.check_rules(&table, rows, &mut breaches)?;
        for reference in &self.references {
            reference.check(&table, &mut breaches)?;
        }
        let (breaches, counts) = breaches.finish(source.rows);

        let mut is_kept = kept(&breaches, rows);
        let rejected_rows = rows - is_kept.values().count_set_bits();
        let mut withheld = None;
        let mut key_hashes = Vec::new();
        match keys {
            Keys::Collect if !self.key.is_empty() => {
                key_hashes = self.hash_keys(&table, rows)?;
                if rejected_rows > 0 {
                    let mut row = 0;
                    key_hashes.retain(|_| {
                        row += 1;
                        is_kept.value(row - 1)
                    });
                }
            }
            Keys::Withhold(suspects) if !self.key.is_empty() && !suspects.is_empty() => {
                let hashes = self.hash_keys(&table, rows)?;
                let is_suspect = BooleanArray::from_iter(
                    hashes
                        .iter()
                        .enumerate()
                        .map(|(row, hash)| Some(is_kept.value(row) && suspects.contains(*hash))),
                );
                if is_suspect.values().count_set_bits() > 0 {
                    withheld =
                        Some(self.withhold(binding, &table, source, delivery, &is_suspect)?);
                    is_kept = arrow::compute::and_not(&is_kept, &is_suspect)?;
                }
            }
            _ => {}
        }
        Ok(Checked {
            accepted: self.accept(binding, &table, source, delivery, &is_kept)?,
            rejected: reject_rows(delivery, &self.book, &breaches, source)?,
            rejected_rows,
            withheld,
            key_hashes,
            received: rows,
            counts,
        })
    }

    /// The declared columns and their status columns, as far as `is_wanted`;
    /// the others are null.
    pub(super) fn typed(
        &self,
        binding: &Binding,
        rows: usize,
        source: &SourceRows,
        breaches: &mut Breaches,
        is_wanted: impl Fn(usize) -> bool,
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        let fields = self.typed_schema.fields();
        let mut table: Vec<Option<ArrayRef>> = vec![None; fields.len()];
        let put = |table: &mut [Option<ArrayRef>], column: usize, (values, status): Typed| {
            let place = self.places[column];
            table[place] = Some(values);
            if status.is_some() {
                table[place + 1] = status;
            }
        };
        for (column, reader) in self.columns.iter().enumerate() {
            if is_computed(&self.contract.columns[column]) || !is_wanted(column) {
                continue;
            }
            match binding.columns[column] {
                Some(place) => put(
                    &mut table,
                    column,
                    reader.read(source.cells[place], breaches),
                ),
                None => put(&mut table, column, reader.absent(rows)),
            }
        }
        for computed in self
            .computed
            .iter()
            .filter(|computed| is_wanted(computed.column))
        {
            let seen = (computed.schema.fields().iter()).map(|field| {
                (self.typed_schema.index_of(field.name()).ok())
                    .and_then(|place| table[place].clone())
                    .unwrap_or_else(|| new_null_array(field.data_type(), rows))
            });
            let batch = batch_of(computed.schema.clone(), seen.collect(), rows)?;
            let evaluated = computed.expression.evaluate(&batch)?;
            for row in &evaluated.failed {
                breaches.add(*row, computed.rule, None);
            }
            let reader = &self.columns[computed.column];
            if let Some(rule) = reader.required_rule()
                && evaluated.values.null_count() > 0
            {
                let blank = (0..rows).filter(|row| {
                    evaluated.values.is_null(*row) && !evaluated.failed.contains(row)
                });
                blank.for_each(|row| breaches.add(row, rule, None));
            }
            put(
                &mut table,
                computed.column,
                reader.computed(evaluated.values),
            );
        }
        Ok((table.into_iter().zip(fields))
            .map(|(column, field)| {
                column.unwrap_or_else(|| new_null_array(field.data_type(), rows))
            })
            .collect())
    }

    fn check_twins(&self, binding: &Binding, source: &SourceRows, breaches: &mut Breaches) {
        for (one, other) in &binding.twins {
            let (one, other) = (source.cells[*one], source.cells[*other]);
            for row in 0..one.len() {
                if cell(one, row) != cell(other, row) {
                    breaches.add(row, self.twin_rule, None);
                }
            }
        }
    }

    fn check_rules(
        &self,
        table: &[ArrayRef],
        rows: usize,
        breaches: &mut Breaches,
    ) -> Result<(), ArrowError> {
        if self.rules.is_empty() {
            return Ok(());
        }
        let batch = batch_of(self.typed_schema.clone(), table.to_vec(), rows)?;
        for (rule, expression) in &self.rules {
            let evaluated = expression.evaluate(&batch)?;
            let holds = evaluated.values.as_boolean();
            if holds.false_count() > 0 {
                let broken = (0..rows).filter(|row| holds.is_valid(*row) && !holds.value(*row));
                broken.for_each(|row| breaches.add(row, *rule, None));
            }
            for row in evaluated.failed {
                breaches.add(
                    row,
                    *rule,
                    Some("the rule could not be worked out for this row"),
                );
            }
        }
        Ok(())
    }

    /// The rows that are kept, in the schema of the source table.
    fn accept(
        &self,
        binding: &Binding,
        table: &[ArrayRef],
        source: &SourceRows,
        delivery: &Delivery,
        is_kept: &BooleanArray,
    ) -> Result<RecordBatch, ArrowError> {
        let count = is_kept.values().count_set_bits();
        let numbers: ArrayRef = Arc::new(Int64Array::from(source.rows.to_vec()));
        let mut columns: Vec<ArrayRef> = table.to_vec();
        columns.push(numbers);
        if count < is_kept.len() {
            let filter = FilterBuilder::new(is_kept).optimize().build();
            for column in &mut columns {
                *column = filter.filter(column)?;
            }
        }
        let numbers = columns.pop();
        if !self.contract.versions.is_empty() {
            columns.push(match binding.version() {
                Some(version) => repeated(version, count),
                None => new_null_array(&DataType::Utf8, count),
            });
        }
        columns.push(repeated(delivery.extract, count));
        columns.extend(numbers);
        batch_of(self.table_schema.clone(), columns, count)
    }

    fn withhold(
        &self,
        binding: &Binding,
        table: &[ArrayRef],
        source: &SourceRows,
        delivery: &Delivery,
        is_suspect: &BooleanArray,
    ) -> Result<WithheldRows, ArrowError> {
        let suspect = (0..is_suspect.len()).filter(|row| is_suspect.value(*row));
        let values: Vec<String> = suspect.map(|row| source.json(row)).collect();
        Ok(WithheldRows {
            rows: self.accept(binding, table, source, delivery, is_suspect)?,
            values: StringArray::from(values),
            sheet: delivery.sheet.map(str::to_owned),
        })
    }
}

/// Rows that broke no rejecting rule.
fn kept(breaches: &[Breach], rows: usize) -> BooleanArray {
    let mut mask = BooleanBufferBuilder::new(rows);
    mask.append_n(rows, true);
    for breach in breaches {
        mask.set_bit(breach.row as usize, false);
    }
    BooleanArray::new(mask.finish(), None)
}

fn cell(cells: &StringViewArray, row: usize) -> &str {
    if cells.is_valid(row) {
        text::trim(cells.value(row))
    } else {
        ""
    }
}
