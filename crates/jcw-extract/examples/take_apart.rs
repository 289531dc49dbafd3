//! How fast an XML delivery is taken apart and read, in MB of XML a second.
//!
//! `cargo run --release -p jcw-extract --example take_apart -- PROJECT DELIVERY FILE`

use jcw_extract::{XmlTable, take_apart};
use jcw_project::{Contract, Draft, Format, Limits, ProcessEnvironment};
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, delivery, file] = arguments.as_slice() else {
        return Err("usage: take_apart PROJECT DELIVERY FILE".into());
    };
    let contracts = contracts(Path::new(root), delivery)?;
    let tables: Vec<XmlTable<'_>> = contracts
        .iter()
        .map(|(name, contract)| XmlTable { name, contract })
        .collect();
    let (path, limits) = (Path::new(file), Limits::default());
    let megabytes = path.metadata()?.len() as f64 / 1e6;
    let folder = tempfile::tempdir()?;
    let mut out = std::io::stdout();

    let start = Instant::now();
    let parts = take_apart(&tables, &limits, path, folder.path())?;
    let apart = start.elapsed().as_secs_f64();
    let mut rows = 0;
    for (part, table) in parts.iter().zip(&tables) {
        let mut reader = part.open(table.contract, &limits, file)?;
        while let Some(piece) = reader.next_piece() {
            rows += piece?.into_rows()?.batch.num_rows();
        }
    }
    let whole = start.elapsed().as_secs_f64();
    for (what, seconds) in [("taken apart", apart), ("taken apart and read", whole)] {
        writeln!(
            out,
            "{megabytes:.1} MB {what} in {seconds:.2} s: {:.0} MB/s",
            megabytes / seconds
        )?;
    }
    writeln!(out, "{rows} rows in {} tables", parts.len())?;
    if let Some(most) = most_memory() {
        writeln!(out, "{most} kB of memory at most")?;
    }
    Ok(())
}

/// The tables of the delivery's first XML shape.
fn contracts(root: &Path, delivery: &str) -> Result<Vec<(String, Contract)>, Box<dyn Error>> {
    let project = Draft::read(root, &ProcessEnvironment).project;
    let project = project.ok_or("the project could not be read")?;
    let delivery = project.delivery(delivery).ok_or("no such delivery")?;
    let is_xml = |part: &&jcw_project::ShapePart| part.layout.format == Format::Xml;
    let parts = delivery.shapes.iter().flat_map(|shape| &shape.parts);
    parts
        .filter(is_xml)
        .map(|part| {
            let name = part.table.value.clone();
            let contract = project.contract(&delivery.contract_id(&name));
            let mut contract = contract.ok_or("a table without a contract")?.clone();
            contract.layout = part.layout.clone();
            Ok((name, contract))
        })
        .collect()
}

/// What the process held at its largest, where the system tells.
fn most_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1).map(str::to_owned)
}
