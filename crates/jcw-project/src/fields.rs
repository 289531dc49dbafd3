//! The fields of a mapping, taken one by one by the noun that is being read.
//! Whatever is wrong is noted and reading goes on, so that a person sees every
//! problem of a file at once.

use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::suggest;
use crate::yaml::{Entry, Node, Value};

/// A mapping whose keys are being taken.
pub(crate) struct Fields<'n, 'p> {
    /// With its article: `a source`.
    noun: &'static str,
    place: &'n Place,
    entries: &'n [Entry],
    known: Vec<&'static str>,
    problems: &'p mut Vec<Diagnostic>,
}

impl<'n, 'p> Fields<'n, 'p> {
    /// The fields of `node`, or `None` and a problem when it is not a mapping.
    pub(crate) fn of(
        noun: &'static str,
        node: &'n Node,
        problems: &'p mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let message = match node.is_null() {
                true => format!(
                    "{noun} must be a mapping (`key: value` lines), and there is nothing here"
                ),
                false => format!(
                    "{noun} must be a mapping (`key: value` lines), and this is {}",
                    node.kind()
                ),
            };
            problems.push(Diagnostic::error(node.place.clone(), message));
            return None;
        };
        Some(Fields {
            noun,
            place: &node.place,
            entries,
            known: Vec::new(),
            problems,
        })
    }

    /// Where the mapping begins.
    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// For problems that concern more than one field.
    pub(crate) fn problems(&mut self) -> &mut Vec<Diagnostic> {
        self.problems
    }

    /// The entry of `key`, as it stands.
    pub(crate) fn entry(&mut self, key: &'static str) -> Option<&'n Entry> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of `key`; a problem when it is not there.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Node, &mut Vec<Diagnostic>) -> Option<T>,
    ) -> Option<T> {
        if self.entry(key).is_none() {
            let message = format!("{} needs the key \"{key}\"", self.noun);
            let hint = self
                .misspelt(key)
                .unwrap_or_else(|| format!("add a line `{key}: ...`"));
            self.problems
                .push(Diagnostic::error(self.place.clone(), message).hint(hint));
            return None;
        }
        self.optional(key, read)
    }

    /// The value of `key`, when it is there.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Node, &mut Vec<Diagnostic>) -> Option<T>,
    ) -> Option<T> {
        let entry = self.entry(key)?;
        if entry.value.is_null() {
            let message = format!("the key \"{key}\" has no value");
            let hint = "write one after the colon, or take the line out";
            self.problems
                .push(Diagnostic::error(entry.key_place.clone(), message).hint(hint));
            return None;
        }
        read(&entry.value, self.problems)
    }

    /// Says that `key`, when it is there, has no meaning here.
    pub(crate) fn forbid(&mut self, key: &'static str, because: &str) {
        if let Some(entry) = self.entry(key) {
            let message = format!("the key \"{key}\" has no meaning here: {because}");
            self.problems
                .push(Diagnostic::error(entry.key_place.clone(), message).hint("take it out"));
        }
    }

    /// Notes the keys that nobody took.
    pub(crate) fn finish(self) {
        for entry in self.entries {
            if !self.known.contains(&entry.key.as_str()) {
                let message = format!("{} has no key \"{}\"", self.noun, entry.key);
                let free = self
                    .known
                    .iter()
                    .filter(|known| !self.entries.iter().any(|e| e.key == **known));
                let hint = match suggest::did_you_mean(&entry.key, free) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("its keys are: {}", self.known.join(", ")),
                };
                self.problems
                    .push(Diagnostic::error(entry.key_place.clone(), message).hint(hint));
            }
        }
    }

    /// When a required key is missing, a key that looks like it is probably it.
    fn misspelt(&self, key: &str) -> Option<String> {
        let near = suggest::did_you_mean(key, self.entries.iter().map(|entry| &entry.key))?;
        Some(format!("is \"{near}\" meant to be \"{key}\"?"))
    }
}
