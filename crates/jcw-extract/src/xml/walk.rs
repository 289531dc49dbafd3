//! The one pass through an XML file.

use super::elements::{Elements, Stage};
use super::part::{PartWriter, path};
use super::text::XmlText;
use super::tree::Tree;
use super::{XmlPart, XmlTable};
use crate::read_error::ReadError;
use jcw_project::Limits;
use quick_xml::Reader;
use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::events::Event;
use std::path::Path;

/// Goes through a file, one piece of markup or text after the other.
pub(super) struct Walk {
    reader: Reader<XmlText>,
    max_text: usize,
    elements: Elements,
}

impl Walk {
    pub(super) fn new(
        tables: &[XmlTable<'_>],
        limits: &Limits,
        tree: Tree,
        text: XmlText,
        folder: &Path,
    ) -> Result<Self, ReadError> {
        let part = |(number, table): (usize, &XmlTable<'_>)| {
            let parent = tree.parent_of(number).map(|parent| tables[parent].name);
            PartWriter::new(table, parent, path(folder, number))
        };
        let parts = tables
            .iter()
            .enumerate()
            .map(part)
            .collect::<Result<_, _>>()?;
        let mut reader = Reader::from_reader(text);
        reader.config_mut().check_comments = true;
        Ok(Walk {
            reader,
            max_text: limits.max_line_bytes,
            elements: Elements::new(tree, parts),
        })
    }

    pub(super) fn take_apart(mut self) -> Result<Vec<XmlPart>, ReadError> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            self.reader.get_mut().begin_event();
            let event = match self.reader.read_event_into(&mut buffer) {
                Ok(event) => event,
                Err(error) => return Err(self.broken(&error)),
            };
            let source = self.reader.get_ref();
            let at = || source.at();
            match event {
                Event::Start(tag) => self.elements.begin(&tag, &at)?,
                Event::Empty(tag) => {
                    self.elements.begin(&tag, &at)?;
                    self.elements.end(tag.local_name().into_inner(), &at)?;
                }
                Event::End(tag) => self.elements.end(tag.local_name().into_inner(), &at)?,
                Event::Text(text) => self.elements.text(&text, &at)?,
                Event::CData(text) => self.elements.literal(&text, &at)?,
                Event::GeneralRef(name) => self.elements.reference(&name, &at)?,
                Event::DocType(_) => return Err(ReadError::XmlDoctype { line: at().line }),
                Event::Decl(_) if self.elements.stage != Stage::Start => {
                    return Err(ReadError::xml_broken(
                        at(),
                        "the XML declaration is not at the start",
                    ));
                }
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
            if self.elements.text_length() > self.max_text {
                return Err(ReadError::xml_bytes(
                    at(),
                    "the bytes of one element",
                    self.max_text,
                ));
            }
            if self.elements.stage == Stage::Start {
                self.elements.stage = Stage::BeforeRoot;
            }
        }
        self.finish()
    }

    fn finish(mut self) -> Result<Vec<XmlPart>, ReadError> {
        let at = self.reader.get_ref().at();
        match self.elements.stage {
            Stage::AfterRoot => {}
            Stage::InRoot => {
                return Err(ReadError::xml_cut(at, "before its root element is closed"));
            }
            Stage::Start | Stage::BeforeRoot => {
                return Err(ReadError::xml_cut(at, "before its root element"));
            }
        }
        // The reader keeps the file open no longer than it has to.
        drop(self.reader);
        let parts = std::mem::take(&mut self.elements.parts);
        parts.into_iter().map(PartWriter::finish).collect()
    }

    /// What the parser found, without the text it found it in.
    fn broken(&mut self, error: &quick_xml::Error) -> ReadError {
        if let Some(fault) = self.reader.get_mut().take_fault() {
            return fault;
        }
        let at = self.reader.get_ref().at();
        let is_cut = self.reader.get_ref().is_at_end();
        match error {
            quick_xml::Error::Syntax(SyntaxError::UnclosedDoctype) => {
                ReadError::XmlDoctype { line: at.line }
            }
            quick_xml::Error::Syntax(SyntaxError::InvalidBangMarkup) if !is_cut => {
                ReadError::xml_broken(at, "a tag begins with an exclamation mark")
            }
            quick_xml::Error::Syntax(_) => ReadError::xml_cut(at, "in the middle of a tag"),
            quick_xml::Error::IllFormed(error) => match error {
                IllFormedError::MissingEndTag(_) => {
                    ReadError::xml_cut(at, "before an element is closed")
                }
                IllFormedError::UnmatchedEndTag(_) | IllFormedError::MismatchedEndTag { .. } => {
                    ReadError::xml_broken(at, "a closing tag is not that of the element open")
                }
                IllFormedError::MissingDoctypeName => ReadError::XmlDoctype { line: at.line },
                IllFormedError::DoubleHyphenInComment => {
                    ReadError::xml_broken(at, "a comment has two hyphens in it")
                }
                IllFormedError::UnclosedReference if is_cut => {
                    ReadError::xml_cut(at, "in the middle of a reference")
                }
                IllFormedError::UnclosedReference => {
                    ReadError::xml_broken(at, "an ampersand begins no reference")
                }
                _ => ReadError::xml_broken(at, "the XML declaration is not one"),
            },
            _ => ReadError::xml_broken(at, "it cannot be parsed"),
        }
    }
}
