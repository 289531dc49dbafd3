//! A selection is which tables a build is about, in words: a name, a layer, a
//! tag, with `+` before it for all it is made from and after it for all that is
//! made from it.

use crate::plan::{Node, Plan};
use crate::problem::{listed, nearest};
use jcw_project::Layer;
use std::collections::BTreeSet;

/// A word that selects nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" selects no table; {hint}")]
pub struct SelectError {
    /// As written.
    pub word: String,
    /// What to do.
    pub hint: String,
}

impl Plan {
    /// The tables that these words select; all of them when there are none.
    /// A word is a table (`core.request`, or `request` where that is plain), a
    /// layer (`core`) or a tag (`tag:council`); `+` before it adds all upstream,
    /// `+` after it all downstream.
    ///
    /// # Errors
    /// When a word selects nothing; the message says what is near.
    pub fn select(&self, words: &[String]) -> Result<BTreeSet<String>, SelectError> {
        if words.is_empty() {
            return Ok(self.nodes.iter().map(|node| node.name.clone()).collect());
        }
        let mut selected = BTreeSet::new();
        for word in words {
            let up = word.starts_with('+');
            let down = word.ends_with('+');
            let bare = word.trim_matches('+');
            let named = self.named(bare);
            if named.is_empty() {
                return Err(self.nothing(word, bare));
            }
            for name in named {
                if up {
                    let upstream = self.upstream(&name).into_iter();
                    selected.extend(upstream.filter(|table| self.node(table).is_some()));
                }
                if down {
                    selected.extend(self.downstream(&name));
                }
                selected.insert(name);
            }
        }
        Ok(selected)
    }

    /// Everything `table` is made from, nearest first: models, seeds, source
    /// tables.
    pub fn upstream(&self, table: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut next = 0;
        let mut open = self
            .node(table)
            .map(|node| node.reads.clone())
            .unwrap_or_default();
        while next < open.len() {
            let name = open[next].clone();
            next += 1;
            if found.contains(&name) {
                continue;
            }
            if let Some(node) = self.node(&name) {
                open.extend(node.reads.iter().cloned());
            }
            found.push(name);
        }
        found
    }

    /// Every table made from `table`, in the order of a build.
    pub fn downstream(&self, table: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for node in &self.nodes {
            if node
                .reads
                .iter()
                .any(|read| read == table || found.contains(read))
            {
                found.push(node.name.clone());
            }
        }
        found
    }

    fn named(&self, word: &str) -> Vec<String> {
        let matching = |test: &dyn Fn(&Node) -> bool| -> Vec<String> {
            self.nodes
                .iter()
                .filter(|node| test(node))
                .map(|node| node.name.clone())
                .collect()
        };
        if let Some(tag) = word.strip_prefix("tag:") {
            return matching(&|node| node.tags.iter().any(|known| known == tag));
        }
        if let Some(layer) = Layer::ALL.into_iter().find(|layer| layer.name() == word) {
            return matching(&|node| node.layer == layer);
        }
        let exact = matching(&|node| node.name == word);
        if !exact.is_empty() || word.contains('.') {
            return exact;
        }
        let plain = matching(&|node| node.name.split('.').next_back() == Some(word));
        match plain.len() {
            1 => plain,
            _ => Vec::new(),
        }
    }

    fn nothing(&self, word: &str, bare: &str) -> SelectError {
        let hint = match bare.strip_prefix("tag:") {
            Some(tag) => {
                let tags: BTreeSet<&str> = self
                    .nodes
                    .iter()
                    .flat_map(|node| &node.tags)
                    .map(String::as_str)
                    .collect();
                let tags: Vec<&str> = tags.into_iter().collect();
                match nearest(tag, &tags) {
                    Some(near) => format!("did you mean tag:{near}?"),
                    None if tags.is_empty() => "no model has a tag".to_owned(),
                    None => format!("the tags are {}", listed(&tags)),
                }
            }
            None => {
                let mut names: Vec<&str> =
                    self.nodes.iter().map(|node| node.name.as_str()).collect();
                let same: Vec<&str> = names
                    .iter()
                    .copied()
                    .filter(|name| name.split('.').next_back() == Some(bare))
                    .collect();
                if same.len() > 1 {
                    return SelectError {
                        word: word.to_owned(),
                        hint: format!("say which: {}", listed(&same)),
                    };
                }
                names.extend(Layer::ALL.map(Layer::name));
                let last = |name: &&str| name.split('.').next_back().unwrap_or_default().to_owned();
                let lasts: Vec<String> = names.iter().map(last).collect();
                let lasts: Vec<&str> = lasts.iter().map(String::as_str).collect();
                match nearest(bare, &names).or_else(|| {
                    let near = nearest(bare, &lasts)?;
                    names.iter().copied().find(|name| name.ends_with(near))
                }) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("the tables are {}", listed(&names)),
                }
            }
        };
        SelectError {
            word: word.to_owned(),
            hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Files;

    fn plan() -> Plan {
        Files::new()
            .model(
                "staging.a",
                "tags: [council]\n",
                "select area, year from council.requests",
            )
            .model("core.b", "", "select area from staging.a")
            .model("core.c", "tags: [other]\n", "select area from core.b")
            .model("published.b", "", "select area from core.c")
            .plan()
    }

    fn selected(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        plan().select(&words).unwrap().into_iter().collect()
    }

    #[test]
    fn no_words_select_everything() {
        assert_eq!(selected(&[]).len(), 4);
    }

    #[test]
    fn names_layers_and_tags_select() {
        assert_eq!(selected(&["core.b"]), ["core.b"]);
        assert_eq!(selected(&["a"]), ["staging.a"]);
        assert_eq!(selected(&["core"]), ["core.b", "core.c"]);
        assert_eq!(
            selected(&["tag:council", "tag:other"]),
            ["core.c", "staging.a"]
        );
    }

    #[test]
    fn a_plus_goes_up_or_down_to_the_end() {
        assert_eq!(selected(&["+core.b"]), ["core.b", "staging.a"]);
        assert_eq!(selected(&["core.b+"]), ["core.b", "core.c", "published.b"]);
        assert_eq!(selected(&["+tag:other+"]).len(), 4);
    }

    #[test]
    fn a_word_that_selects_nothing_is_told_what_is_near() {
        let said = |word: &str| plan().select(&[word.to_owned()]).unwrap_err().to_string();
        assert_eq!(
            said("core.bb"),
            "\"core.bb\" selects no table; did you mean core.b?"
        );
        assert_eq!(
            said("tag:concil"),
            "\"tag:concil\" selects no table; did you mean tag:council?"
        );
        assert_eq!(
            said("b"),
            "\"b\" selects no table; say which: core.b, published.b"
        );
        assert_eq!(
            said("publishd"),
            "\"publishd\" selects no table; did you mean published?"
        );
    }

    #[test]
    fn upstream_reaches_the_partners_tables() {
        assert_eq!(
            plan().upstream("core.c"),
            ["core.b", "staging.a", "council.requests"]
        );
    }
}
