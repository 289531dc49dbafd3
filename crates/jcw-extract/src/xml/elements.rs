//! The elements that are open, and what becomes of them when they close: cells,
//! records, or nothing.

use super::part::PartWriter;
use super::remarks::{Rule, said};
use super::text::At;
use super::tree::Tree;
use crate::label::is_blank;
use crate::read_error::ReadError;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart};

/// Elements within elements.
const DEEPEST: usize = 64;
/// Bytes of a name.
const LONGEST_NAME: usize = 256;
/// Attributes of one element.
const MOST_ATTRIBUTES: usize = 256;

/// The elements from the root to where the walk is.
pub(super) struct Elements {
    tree: Tree,
    pub(super) parts: Vec<PartWriter>,
    /// The elements that are open.
    open: Vec<Element>,
    /// Text of the innermost since its last child.
    text: String,
    pub(super) stage: Stage,
}

/// What of the file has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Start,
    BeforeRoot,
    InRoot,
    AfterRoot,
}

#[derive(Debug, Clone, Copy)]
struct Element {
    /// Its place in the tree of record paths, if it has one.
    node: Option<usize>,
    /// The table of the record that it is.
    record: Option<usize>,
    /// The table of the record that it is or is in.
    table: Option<usize>,
    has_children: bool,
    is_nil: bool,
}

impl Elements {
    pub(super) fn new(tree: Tree, parts: Vec<PartWriter>) -> Self {
        Elements {
            tree,
            parts,
            open: Vec::new(),
            text: String::new(),
            stage: Stage::Start,
        }
    }

    /// Bytes of text held for the innermost element.
    pub(super) fn text_length(&self) -> usize {
        self.text.len()
    }

    pub(super) fn begin(
        &mut self,
        tag: &BytesStart<'_>,
        at: &dyn Fn() -> At,
    ) -> Result<(), ReadError> {
        let whole = tag.name().into_inner();
        let name = tag.local_name().into_inner();
        check_name(whole, at)?;
        if self.open.len() >= DEEPEST {
            return Err(ReadError::xml_limit(
                at(),
                "elements within elements",
                DEEPEST,
            ));
        }
        self.leave_text(at);
        let (node, around) = match self.open.last_mut() {
            None => (self.root(name, at)?, None),
            Some(parent) => {
                parent.has_children = true;
                let (node, table) = (parent.node, parent.table);
                let node = node.and_then(|node| self.tree.child(Some(node), name));
                (node, table)
            }
        };
        let record = node.and_then(|node| self.tree.node(node).table);
        let table = record.or(around);
        if let Some(node) = node {
            self.remark_spelling(node, table, name, at);
        }
        if let Some(record) = record {
            let within = around.and_then(|around| Some(self.parts.get(around)?.number()));
            if let Some(part) = self.parts.get_mut(record) {
                part.begin(within);
            }
        }
        let is_nil = !tag.attributes_raw().is_empty() && self.attributes(tag, table, at)?;
        self.open.push(Element {
            node,
            record,
            table,
            has_children: false,
            is_nil,
        });
        Ok(())
    }

    fn root(&mut self, name: &str, at: &dyn Fn() -> At) -> Result<Option<usize>, ReadError> {
        if self.stage == Stage::AfterRoot {
            return Err(ReadError::xml_broken(
                at(),
                "there is more than one root element",
            ));
        }
        self.stage = Stage::InRoot;
        match self.tree.child(None, name) {
            None => Err(ReadError::XmlRoot {
                wanted: self.tree.root().to_owned(),
                line: at().line,
            }),
            root => Ok(root),
        }
    }

    pub(super) fn end(&mut self, name: &str, at: &dyn Fn() -> At) -> Result<(), ReadError> {
        let Some(element) = self.open.pop() else {
            return Ok(()); // The parser tells.
        };
        let is_leaf = element.node.is_none() && !element.has_children;
        match element
            .table
            .or(Some(0))
            .and_then(|table| self.parts.get_mut(table))
        {
            Some(part) if is_leaf && element.table.is_some() => {
                let is_null = element.is_nil && is_blank(&self.text);
                part.put(name, Some(self.text.as_str()).filter(|_| !is_null), at);
            }
            Some(part) if is_leaf => part.remarks.add(Rule::UnknownTag, said(name), at),
            Some(part) if !is_blank(&self.text) => part.remarks.add(Rule::StrayText, "", at),
            _ => {}
        }
        self.text.clear();
        if let Some(part) = element.record.and_then(|table| self.parts.get_mut(table)) {
            part.end()?;
        }
        if self.open.is_empty() {
            self.stage = Stage::AfterRoot;
        }
        Ok(())
    }

    /// A child begins: what text stood before it is no one's.
    fn leave_text(&mut self, at: &dyn Fn() -> At) {
        if !self.text.is_empty() && !is_blank(&self.text) {
            let table = self.open.last().and_then(|element| element.table);
            if let Some(part) = self.parts.get_mut(table.unwrap_or(0)) {
                part.remarks.add(Rule::StrayText, "", at);
            }
        }
        self.text.clear();
    }

    pub(super) fn text(&mut self, text: &str, at: &dyn Fn() -> At) -> Result<(), ReadError> {
        let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        if text.as_bytes().iter().any(is_control) {
            return Err(ReadError::xml_broken(
                at(),
                "text has a control character in it",
            ));
        }
        if self.open.is_empty() {
            return if text
                .trim_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
                .is_empty()
            {
                Ok(())
            } else {
                Err(ReadError::xml_broken(
                    at(),
                    "text stands outside the root element",
                ))
            };
        }
        let mut lines = text.split('\r').peekable();
        while let Some(line) = lines.next() {
            self.text.push_str(line);
            // A line end is one character, however it is written.
            if lines.peek().is_some_and(|next| !next.starts_with('\n')) {
                self.text.push('\n');
            }
        }
        Ok(())
    }

    /// Text in which nothing is markup.
    pub(super) fn literal(&mut self, text: &str, at: &dyn Fn() -> At) -> Result<(), ReadError> {
        if self.open.is_empty() {
            return Err(ReadError::xml_broken(
                at(),
                "text stands outside the root element",
            ));
        }
        self.text(text, at)
    }

    /// A character by its number, or one of the five that have names.
    pub(super) fn reference(
        &mut self,
        name: &BytesRef<'_>,
        at: &dyn Fn() -> At,
    ) -> Result<(), ReadError> {
        let refused = || Err(ReadError::XmlEntity { line: at().line });
        if self.open.is_empty() {
            return refused();
        }
        match name.resolve_char_ref() {
            Ok(Some(character)) if is_allowed(character) => self.text.push(character),
            Ok(None) => match resolve_predefined_entity(name) {
                Some(text) => self.text.push_str(text),
                None => return refused(),
            },
            _ => return refused(),
        }
        Ok(())
    }

    /// Whether the element says that it is null. Attributes say nothing else.
    fn attributes(
        &mut self,
        tag: &BytesStart<'_>,
        table: Option<usize>,
        at: &dyn Fn() -> At,
    ) -> Result<bool, ReadError> {
        let (mut is_nil, mut is_odd) = (false, false);
        for (number, attribute) in tag.attributes().enumerate() {
            if number >= MOST_ATTRIBUTES {
                return Err(ReadError::xml_limit(
                    at(),
                    "attributes of one element",
                    MOST_ATTRIBUTES,
                ));
            }
            let attribute = attribute
                .map_err(|_| ReadError::xml_broken(at(), "an attribute is not well-formed"))?;
            let key = attribute.key;
            check_name(key.into_inner(), at)?;
            if attribute.value.contains('<') {
                return Err(ReadError::xml_broken(at(), "an attribute has a tag in it"));
            }
            match key.prefix().map(|prefix| prefix.into_inner()) {
                Some("xsi") if key.local_name().into_inner() == "nil" => {
                    is_nil = matches!(attribute.value.trim(), "true" | "1");
                }
                Some("xmlns" | "xsi" | "xml") => {}
                None if key.into_inner() == "xmlns" => {}
                _ => is_odd = true,
            }
        }
        if is_odd && let Some(part) = self.parts.get_mut(table.unwrap_or(0)) {
            part.remarks.add(Rule::Attribute, "", at);
        }
        Ok(is_nil)
    }

    fn remark_spelling(
        &mut self,
        node: usize,
        table: Option<usize>,
        name: &str,
        at: &dyn Fn() -> At,
    ) {
        let wanted = &self.tree.node(node).name;
        if wanted != name
            && let Some(part) = self.parts.get_mut(table.unwrap_or(0))
        {
            let about = format!("the element {wanted} is spelled {}", said(name));
            part.remarks.add(Rule::Spelling, &about, at);
        }
    }
}

fn check_name(name: &str, at: &dyn Fn() -> At) -> Result<(), ReadError> {
    if name.len() > LONGEST_NAME {
        return Err(ReadError::xml_limit(
            at(),
            "the bytes of a name",
            LONGEST_NAME,
        ));
    }
    let is_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80;
    let is_part = |byte: u8| is_start(byte) || byte.is_ascii_digit() || b"-.:".contains(&byte);
    let bytes = name.as_bytes();
    if bytes.first().copied().is_some_and(is_start) && bytes.iter().copied().all(is_part) {
        Ok(())
    } else {
        Err(ReadError::xml_broken(at(), "a name is not one"))
    }
}

/// Characters that XML may hold.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}
