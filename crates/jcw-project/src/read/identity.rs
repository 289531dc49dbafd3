//! Reads `pipelines/identity.yaml`.

use super::File;
use crate::diagnostic::Diagnostic;
use crate::expand::Environment;
use crate::fields::Fields;
use crate::identity::{Identity, KEY_FILE_VARIABLE};
use crate::linkage::{BlockingField, Linkage};
use crate::value::{boolean, choice, count, filled, number, text, word};
use crate::yaml::{self, Node};
use std::path::{Path, PathBuf};

pub(crate) fn read(
    file: &File,
    root: &Path,
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> Option<Identity> {
    let node = yaml::read(&file.path, &file.text, environment, problems)?;
    let mut fields = Fields::of("identity", &node, problems)?;
    let key_file = fields.optional("key_file", word);
    let postcodes = fields.optional("postcodes", word);
    let linkage = fields.optional("linkage", linkage);
    fields.finish();
    Some(Identity {
        key_file: key_file.map(|path| root.join(path)),
        postcodes: postcodes.map(|path| root.join(path)),
        linkage: linkage.unwrap_or_default(),
    })
}

/// The key file that the environment names, which comes before the project's.
pub(crate) fn key_file(root: &Path, environment: &dyn Environment) -> Option<PathBuf> {
    let path = environment.get(KEY_FILE_VARIABLE)?;
    (!path.is_empty()).then(|| root.join(path))
}

fn linkage(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Linkage> {
    let usual = Linkage::default();
    let mut fields = Fields::of("`linkage`", node, problems)?;
    let linkage = Linkage {
        accept: fields.optional("accept", share).unwrap_or(usual.accept),
        review: fields.optional("review", share).unwrap_or(usual.review),
        margin_bits: fields
            .optional("margin_bits", number)
            .unwrap_or(usual.margin_bits),
        accept_without_names: fields
            .optional("accept_without_names", boolean)
            .unwrap_or(usual.accept_without_names),
        companions: fields
            .optional("companions", filled(tables))
            .unwrap_or(usual.companions),
        blocking: fields
            .optional("blocking", filled(fields_of_a_block))
            .unwrap_or(usual.blocking),
        largest_block: fields
            .optional("largest_block", count)
            .unwrap_or(usual.largest_block),
        sampled_pairs: fields
            .optional("sampled_pairs", count)
            .unwrap_or(usual.sampled_pairs),
        rounds: fields.optional("rounds", count).unwrap_or(usual.rounds),
    };
    let place = fields.place();
    fields.finish();
    if linkage.review > linkage.accept {
        let message = "`review` is above `accept`, and no pair is ever reviewed";
        let hint = "what is as likely as `accept` is tied; what is less likely, down to `review`, is listed";
        problems.push(Diagnostic::error(place, message).hint(hint));
    }
    Some(linkage)
}

fn share(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<f64> {
    let share = number(node, problems)?;
    if (0.0..=1.0).contains(&share) {
        return Some(share);
    }
    let message = format!("{share} is not a probability");
    problems
        .push(Diagnostic::error(node.place.clone(), message).hint("write a number from 0 to 1"));
    None
}

fn fields_of_a_block(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Vec<BlockingField>> {
    filled(choice(&BlockingField::ALL))(node, problems)
}

fn tables(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Vec<String>> {
    filled(text)(node, problems)
}

#[cfg(test)]
mod tests {
    use crate::testing::{draft, problems};

    const FILE: &str = "pipelines/identity.yaml";

    #[test]
    fn the_file_says_where_key_and_postcodes_are_and_how_records_are_linked() {
        let text = "key_file: secrets/a.key\npostcodes: p.csv\nlinkage:\n  accept: 0.9\n  blocking:\n    - [surname, birth_date]\n";
        let draft = draft(&[(FILE, Some(text))]);
        assert_eq!(draft.diagnostics, []);
        let project = draft.project.unwrap();
        let identity = project.identity;
        assert_eq!(identity.key_file, Some(project.root.join("secrets/a.key")));
        assert_eq!(identity.postcodes, Some(project.root.join("p.csv")));
        assert_eq!(identity.linkage.accept, 0.9);
        assert_eq!(identity.linkage.blocking.len(), 1);
        assert_eq!(identity.linkage.review, 0.2);
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let told = problems(&[(
            FILE,
            Some("linkage: {accept: 7, blocking: [[colour]]}\nkeyfile: a\n"),
        )]);
        assert_eq!(told.len(), 3, "{told:#?}");
        let told = problems(&[(FILE, Some("linkage: {accept: 0.5, review: 0.6}\n"))]);
        assert_eq!(told.len(), 1, "{told:#?}");
    }
}
