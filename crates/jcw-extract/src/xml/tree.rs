//! The tree of the paths at which records stand.

use super::XmlTable;
use crate::read_error::ReadError;

/// All record paths of a file as one tree.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

/// An element on the way to a record, or a record.
#[derive(Debug)]
pub(super) struct Node {
    /// As the contract spells it.
    pub(super) name: String,
    /// The table whose record it is.
    pub(super) table: Option<usize>,
    /// The table of the nearest record around it.
    pub(super) parent: Option<usize>,
    children: Vec<usize>,
}

impl Tree {
    pub(super) fn new(tables: &[XmlTable<'_>]) -> Result<Self, ReadError> {
        let mut tree = Tree { nodes: Vec::new() };
        for (table, XmlTable { name, contract }) in tables.iter().enumerate() {
            let path = contract
                .layout
                .record
                .as_ref()
                .map_or("", |path| path.as_str());
            let node = tree.grow(path).ok_or_else(|| {
                unusable(format!("table \"{name}\" needs a path below the root of the others, such as Message/Person"))
            })?;
            if tree.nodes[node].table.replace(table).is_some() {
                return Err(unusable(format!(
                    "table \"{name}\" has the path of another"
                )));
            }
        }
        if tree.nodes.is_empty() {
            return Err(unusable("there are no tables".to_owned()));
        }
        tree.find_parents(0, None);
        Ok(tree)
    }

    /// What the root element is called.
    pub(super) fn root(&self) -> &str {
        self.nodes.first().map_or("", |root| root.name.as_str())
    }

    pub(super) fn node(&self, node: usize) -> &Node {
        &self.nodes[node]
    }

    /// The node of an element within that of `node`; the root within none.
    pub(super) fn child(&self, node: Option<usize>, name: &str) -> Option<usize> {
        let is_named = |child: &usize| self.nodes[*child].name.eq_ignore_ascii_case(name);
        match node {
            None => (!self.nodes.is_empty() && is_named(&0)).then_some(0),
            Some(node) => self.nodes[node].children.iter().copied().find(is_named),
        }
    }

    /// The table of the record that each of a table's records stands in.
    pub(super) fn parent_of(&self, table: usize) -> Option<usize> {
        let mut nodes = self.nodes.iter();
        nodes.find(|node| node.table == Some(table))?.parent
    }

    fn grow(&mut self, path: &str) -> Option<usize> {
        let mut node = None;
        for name in path.split('/') {
            let name = name.trim();
            if name.is_empty() {
                return None;
            }
            node = match (self.child(node, name), node) {
                (Some(child), _) => Some(child),
                // There is one root.
                (None, None) if !self.nodes.is_empty() => return None,
                (None, parent) => Some(self.add(name, parent)),
            };
        }
        node
    }

    fn add(&mut self, name: &str, parent: Option<usize>) -> usize {
        let node = self.nodes.len();
        self.nodes.push(Node {
            name: name.to_owned(),
            table: None,
            parent: None,
            children: Vec::new(),
        });
        if let Some(parent) = parent {
            self.nodes[parent].children.push(node);
        }
        node
    }

    fn find_parents(&mut self, node: usize, parent: Option<usize>) {
        self.nodes[node].parent = parent;
        let within = self.nodes[node].table.or(parent);
        for child in self.nodes[node].children.clone() {
            self.find_parents(child, within);
        }
    }
}

fn unusable(reason: String) -> ReadError {
    ReadError::Contract {
        what: "record paths",
        reason,
    }
}
