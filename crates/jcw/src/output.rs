//! Output: how rows, problems and errors are shown. Rows go to standard
//! output, everything said about them to standard error, so that a pipe carries
//! only rows.

use crate::cli::Format;
use anyhow::{Context, bail};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use std::io::{IsTerminal, Write};

/// Writes batches one after another in one of the formats.
pub(crate) enum Rows<W: Write + Send> {
    /// Collected, because a table's columns are as wide as their widest cell.
    Table(W, SchemaRef, Vec<RecordBatch>),
    /// As they come.
    Csv(Box<arrow::csv::Writer<W>>),
    /// As they come.
    Json(arrow::json::ArrayWriter<W>),
    /// As they come.
    Parquet(Box<parquet::arrow::ArrowWriter<W>>),
}

impl Rows<std::io::Stdout> {
    /// Rows for standard output.
    pub(crate) fn to_stdout(format: Format, schema: SchemaRef) -> anyhow::Result<Self> {
        if format == Format::Parquet && std::io::stdout().is_terminal() {
            bail!(
                "Parquet is not shown on a terminal; send it to a file, as in `jcw query ... --format parquet > rows.parquet`"
            );
        }
        Rows::new(format, schema, std::io::stdout())
    }
}

impl<W: Write + Send> Rows<W> {
    fn new(format: Format, schema: SchemaRef, writer: W) -> anyhow::Result<Self> {
        Ok(match format {
            Format::Table => Rows::Table(writer, schema, Vec::new()),
            Format::Csv => {
                let mut csv = arrow::csv::Writer::new(writer);
                // The header must be there even when no row is.
                csv.write(&RecordBatch::new_empty(schema))?;
                Rows::Csv(Box::new(csv))
            }
            Format::Json => Rows::Json(
                arrow::json::WriterBuilder::new()
                    .with_explicit_nulls(true)
                    .build::<_, arrow::json::writer::JsonArray>(writer),
            ),
            Format::Parquet => Rows::Parquet(Box::new(parquet::arrow::ArrowWriter::try_new(
                writer, schema, None,
            )?)),
        })
    }

    /// Adds a batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        match self {
            Rows::Table(_, _, batches) => batches.push(batch.clone()),
            Rows::Csv(csv) => csv.write(batch)?,
            Rows::Json(json) => json.write(batch)?,
            Rows::Parquet(parquet) => parquet.write(batch)?,
        }
        Ok(())
    }

    /// Ends the output.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self {
            Rows::Table(mut writer, schema, batches) => {
                writeln!(writer, "{}", table(&schema, &batches)?)?;
                let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
                writeln!(writer, "{rows} {}", if rows == 1 { "row" } else { "rows" })?;
            }
            Rows::Csv(csv) => csv.into_inner().flush()?,
            Rows::Json(mut json) => {
                json.finish()?;
                let mut writer = json.into_inner();
                writeln!(writer)?;
            }
            Rows::Parquet(parquet) => {
                parquet
                    .close()
                    .context("the Parquet file could not be finished")?;
            }
        }
        Ok(())
    }
}

/// Rows as a table for a terminal: numbers to the right, nulls blank.
pub(crate) fn table(schema: &SchemaRef, batches: &[RecordBatch]) -> anyhow::Result<Table> {
    let options = FormatOptions::default().with_null("");
    let mut table = lines(schema.fields().iter().map(|f| f.name().clone()));
    for batch in batches {
        let columns = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            table.add_row(
                columns
                    .iter()
                    .map(|column| plain(column.value(row).to_string())),
            );
        }
    }
    for (index, field) in schema.fields().iter().enumerate() {
        if is_number(field.data_type())
            && let Some(column) = table.column_mut(index)
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    Ok(table)
}

/// A line under the headings and no other: rows stand close, as in a report.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// An empty table with these headings, in the one look that all have.
pub(crate) fn lines(headings: impl IntoIterator<Item = impl Into<String>>) -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(
            headings
                .into_iter()
                .map(Into::into)
                .collect::<Vec<String>>(),
        );
    table
}

/// Rows as a Markdown table.
pub(crate) fn markdown(batch: &RecordBatch) -> anyhow::Result<()> {
    let options = FormatOptions::default().with_null("");
    let columns = batch.columns().iter();
    let columns = columns
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<Vec<_>, _>>()?;
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    let mut lines = vec![
        line(names.collect()),
        line(vec!["---".into(); columns.len()]),
    ];
    for row in 0..batch.num_rows() {
        let cells = columns.iter().map(|c| c.value(row).to_string());
        lines.push(line(cells.map(|cell| cell.replace('|', "\\|")).collect()));
    }
    say(&lines.join("\n"))
}

/// A whole number without the point that a division left behind.
fn plain(text: String) -> String {
    match text.strip_suffix(".0") {
        Some(whole)
            if whole
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-') =>
        {
            whole.to_owned()
        }
        _ => text,
    }
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric()
}

/// Says what went wrong, and each cause that says something new.
pub(crate) fn error(error: &anyhow::Error) {
    let mut stderr = std::io::stderr().lock();
    let mut said = error.to_string();
    // Nobody is left to tell when standard error is gone too.
    let _ = writeln!(stderr, "error: {said}");
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            let _ = writeln!(stderr, "  because: {cause}");
            said.push_str(&cause);
        }
    }
}

/// One line (or several) for a person, on standard output.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(())
}

/// A few rows that are already in memory.
pub(crate) fn print(format: Format, batch: RecordBatch) -> anyhow::Result<()> {
    let mut rows = Rows::to_stdout(format, batch.schema())?;
    rows.write(&batch)?;
    rows.finish()
}
