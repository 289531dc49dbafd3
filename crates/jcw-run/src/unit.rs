//! A unit is what loads whole or not at all: one table by its contract, or all
//! the tables of a delivery.

use crate::key_ring::KeyRing;
use jcw_project::{Contract, Delivery, Origin, Project, Shape, ShapePart};
use regex::Regex;

/// What a source brings.
pub(crate) struct Unit<'a> {
    /// Id of the contract or the delivery.
    pub(crate) id: &'a str,
    /// Hash of all that decides its rows, and of the key by which they are
    /// made pseudonyms of.
    pub(crate) hash: String,
    /// The header first, then parents before children.
    pub(crate) tables: Vec<UnitTable<'a>>,
    shapes: Vec<UnitShape<'a>>,
    delivery: Option<&'a Delivery>,
}

/// One table of a unit.
#[derive(Clone, Copy)]
pub(crate) struct UnitTable<'a> {
    /// Its name within the delivery.
    pub(crate) name: &'a str,
    /// What its rows must keep.
    pub(crate) contract: &'a Contract,
}

/// One shape of a delivery, with its pattern compiled.
struct UnitShape<'a> {
    shape: &'a Shape,
    files: Regex,
    /// One file holds one table.
    is_set: bool,
}

/// What a file is, by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Recognised {
    /// Number of the shape.
    pub(crate) shape: usize,
    /// What the files of one delivery have in common; empty where a file is one.
    pub(crate) set: String,
    /// Number of the table it holds; `None`: all of them.
    pub(crate) table: Option<usize>,
}

impl<'a> Unit<'a> {
    /// The unit that a source names, if the project has it.
    pub(crate) fn named(project: &'a Project, id: &str, keys: &KeyRing) -> Option<Self> {
        match project.delivery(id) {
            Some(delivery) => Unit::of_delivery(project, delivery, keys),
            None => {
                let contract = project.contract(id)?;
                Some(Unit::of_contract(contract, keys))
            }
        }
    }

    /// Every unit of a project, those that refer to others last.
    pub(crate) fn all(project: &'a Project, keys: &KeyRing) -> Vec<Self> {
        let is_single = |contract: &&Contract| project.delivery_of(contract).is_none();
        let single = project.contracts.iter().filter(is_single);
        let several = project.deliveries.iter();
        let mut units: Vec<Self> = single
            .map(|contract| Unit::of_contract(contract, keys))
            .chain(several.filter_map(|delivery| Unit::of_delivery(project, delivery, keys)))
            .collect();
        units.sort_by_key(Unit::refers_outside);
        units
    }

    fn of_contract(contract: &'a Contract, keys: &KeyRing) -> Self {
        Unit {
            id: &contract.id.value,
            hash: format!("{}{}", contract.hash, keys.stamp(std::iter::once(contract))),
            tables: vec![UnitTable {
                name: &contract.id.value,
                contract,
            }],
            shapes: Vec::new(),
            delivery: None,
        }
    }

    fn of_delivery(project: &'a Project, delivery: &'a Delivery, keys: &KeyRing) -> Option<Self> {
        let mut tables = Vec::with_capacity(delivery.tables.len());
        for name in &delivery.tables {
            let id = delivery.contract_id(name);
            let contract = project.contract(&id)?;
            tables.push(UnitTable { name, contract });
        }
        tables.sort_by_key(|table| table.name != delivery.header.value);
        let stamp = keys.stamp(tables.iter().map(|table| table.contract));
        let hash = format!("{}{stamp}", delivery.hash);
        let shapes = delivery.shapes.iter().map(|shape| {
            let files = Regex::new(&format!("^(?:{})$", shape.files.value)).ok()?;
            let is_set = files.capture_names().flatten().any(|name| name == "table");
            Some(UnitShape {
                shape,
                files,
                is_set,
            })
        });
        Some(Unit {
            id: &delivery.id.value,
            hash,
            tables,
            shapes: shapes.collect::<Option<_>>()?,
            delivery: Some(delivery),
        })
    }

    /// What is said of the delivery as a whole; none of a single table.
    pub(crate) fn delivery(&self) -> Option<&'a Delivery> {
        self.delivery
    }

    /// The contract that says which periods a delivery covers and when it was made.
    pub(crate) fn header(&self) -> &'a Contract {
        self.tables[0].contract
    }

    /// Names of its tables in the lake.
    pub(crate) fn table_names(&self) -> impl Iterator<Item = String> {
        self.tables.iter().map(|table| table.contract.table())
    }

    /// Whether its tables refer to others than its own.
    pub(crate) fn refers_outside(&self) -> bool {
        let own: Vec<String> = self.table_names().collect();
        (self.tables.iter())
            .flat_map(|table| &table.contract.references)
            .any(|reference| !own.contains(&reference.table.value))
    }

    /// Whether a column takes its value from the name of the file.
    pub(crate) fn reads_names(&self) -> bool {
        let mut columns = self.tables.iter().flat_map(|table| &table.contract.columns);
        columns.any(|column| matches!(column.from, Some(Origin::FileName(_))))
    }

    /// What a file of this name is. `None`: none of the delivery's shapes.
    pub(crate) fn recognise(&self, file: &str) -> Option<Recognised> {
        if self.delivery.is_none() {
            return Some(Recognised {
                shape: 0,
                set: file.to_owned(),
                table: Some(0),
            });
        }
        self.shapes.iter().enumerate().find_map(|(number, shape)| {
            let captures = shape.files.captures(file)?;
            let captured = |name| captures.name(name).map_or("", |found| found.as_str());
            let table = match shape.is_set {
                true => Some(self.table_shown(shape, captured("table"))?),
                false => None,
            };
            Some(Recognised {
                shape: number,
                set: match shape.is_set {
                    true => captured("set").to_owned(),
                    false => file.to_owned(),
                },
                table,
            })
        })
    }

    fn table_shown(&self, shape: &UnitShape<'_>, shown: &str) -> Option<usize> {
        let part = shape.shape.parts.iter().find(|part| {
            part.file
                .as_ref()
                .is_some_and(|file| file.eq_ignore_ascii_case(shown))
        })?;
        self.tables
            .iter()
            .position(|table| table.name == part.table.value)
    }

    /// Where a table is in a shape; `None`: it does not come in this shape.
    pub(crate) fn part(&self, shape: usize, table: usize) -> Option<&'a ShapePart> {
        let name = self.tables.get(table)?.name;
        let parts = &self.shapes.get(shape)?.shape.parts;
        parts.iter().find(|part| part.table.value == name)
    }

    /// Names, within the delivery, of the tables that a set of this shape needs
    /// and that are not among `there`.
    pub(crate) fn missing(&self, shape: usize, there: &[Option<usize>]) -> Vec<&'a str> {
        if !self.shapes.get(shape).is_some_and(|shape| shape.is_set) {
            return Vec::new();
        }
        let is_missing = |number: &usize| {
            !there.contains(&Some(*number))
                && self.part(shape, *number).is_some_and(|part| !part.optional)
        };
        let numbers = 0..self.tables.len();
        numbers
            .filter(is_missing)
            .map(|number| self.tables[number].name)
            .collect()
    }
}
