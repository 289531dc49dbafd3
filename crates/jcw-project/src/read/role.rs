//! Reads `pipelines/roles.yaml`.

use super::File;
use crate::diagnostic::Diagnostic;
use crate::expand::Environment;
use crate::fields::Fields;
use crate::place::Placed;
use crate::role::{EVERYTHING, Role, RoleLimits};
use crate::value::{
    count, duration, filled, list, map, name, placed_text, placed_word, size, text,
};
use crate::yaml::{self, Node};
use std::collections::BTreeMap;

pub(crate) fn read(
    file: &File,
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Role>> {
    let node = yaml::read(&file.path, &file.text, environment, problems)?;
    let mut fields = Fields::of("the file of roles", &node, problems)?;
    let roles = fields.required("roles", filled(role));
    fields.finish();
    let mut roles = roles?;
    for (at, role) in roles.iter().enumerate() {
        if roles[..at].iter().any(|other| *other.id == *role.id) {
            let message = format!("there are two roles \"{}\"", *role.id);
            problems.push(
                Diagnostic::error(role.id.place.clone(), message).hint("give each role its own id"),
            );
        }
    }
    roles.sort_by(|a, b| a.id.value.cmp(&b.id.value));
    Some(roles)
}

fn role(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Role> {
    let mut fields = Fields::of("a role", node, problems)?;
    let id = fields.required("id", name);
    let description = fields.required("description", text);
    let reads = fields.required("reads", filled(read_name));
    let hides = fields.optional("hides", map_of(filled_columns));
    let rows = fields.optional("rows", map_of(placed_text));
    let masks = fields.optional("masks", map_of(map_of(placed_text)));
    let limits = fields.optional("limits", limits);
    let groups = fields.optional("groups", list(text));
    fields.finish();
    Some(Role {
        id: id?,
        description: description?,
        reads: reads?,
        hides: hides.unwrap_or_default(),
        rows: rows.unwrap_or_default(),
        masks: masks.unwrap_or_default(),
        limits: limits.unwrap_or_default(),
        groups: groups.unwrap_or_default(),
    })
}

/// A schema, a table, or everything.
fn read_name(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Placed<String>> {
    let name = placed_word(node, problems)?;
    let mut parts = name.split('.');
    let is_sound =
        name.value == EVERYTHING || parts.clone().count() <= 2 && parts.all(crate::value::is_name);
    if !is_sound {
        let message = format!("\"{}\" is neither a schema nor a table", name.value);
        let hint = "write a schema (published), a table (core.child), or \"*\" for everything";
        problems.push(Diagnostic::error(name.place.clone(), message).hint(hint));
        return None;
    }
    Some(name)
}

fn filled_columns(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Vec<Placed<String>>> {
    filled(name)(node, problems)
}

fn map_of<T>(
    read: impl Fn(&Node, &mut Vec<Diagnostic>) -> Option<T>,
) -> impl Fn(&Node, &mut Vec<Diagnostic>) -> Option<BTreeMap<String, T>> {
    move |node, problems| Some(map(&read)(node, problems)?.into_iter().collect())
}

fn limits(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<RoleLimits> {
    let usual = RoleLimits::default();
    let mut fields = Fields::of("`limits`", node, problems)?;
    let limits = RoleLimits {
        time: fields.optional("time", duration).unwrap_or(usual.time),
        rows: fields.optional("rows", count).unwrap_or(usual.rows),
        memory: fields.optional("memory", size).unwrap_or(usual.memory),
        running: fields.optional("running", count).unwrap_or(usual.running),
        waiting: fields.optional("waiting", count).unwrap_or(usual.waiting),
    };
    fields.finish();
    Some(limits)
}

#[cfg(test)]
mod tests {
    use crate::testing::{draft, problems, project};
    use std::time::Duration;

    const FILE: &str = "pipelines/roles.yaml";

    #[test]
    fn a_project_without_roles_has_the_one_that_reads_what_is_published() {
        let roles = project(&[]).roles;
        assert_eq!(roles.len(), 1);
        assert_eq!(roles[0].id.value, "commissioner");
        assert_eq!(roles[0].reads[0].value, "published");
    }

    #[test]
    fn a_role_says_what_it_reads_hides_and_shows_instead() {
        let text = "roles:
  - id: analyst
    description: Analysts
    reads: [published, metrics.request]
    rows: {metrics.request: area = $area}
    hides: {metrics.request: [refused]}
    masks: {metrics.request: {received: \"0\"}}
    limits: {time: 30 s, rows: 10, memory: 1 MiB, running: 1, waiting: 2}
    groups: [11111111-2222-3333-4444-555555555555]
";
        let draft = draft(&[(FILE, Some(text))]);
        assert_eq!(draft.diagnostics, []);
        let roles = draft.project.unwrap().roles;
        assert_eq!(roles.len(), 1);
        let role = &roles[0];
        assert_eq!(role.rows["metrics.request"].value, "area = $area");
        assert_eq!(role.hides["metrics.request"][0].value, "refused");
        assert_eq!(role.masks["metrics.request"]["received"].value, "0");
        assert_eq!(role.limits.time, Duration::from_secs(30));
        assert_eq!((role.limits.rows, role.limits.running), (10, 1));
        assert_eq!(role.groups.len(), 1);
    }

    #[test]
    fn every_problem_of_a_role_is_told_at_its_place() {
        let text = "roles:
  - id: analyst
    description: One
    reads: [publishd, core.]
    rows: {metrics.request: area = $area}
  - {id: analyst, description: Two, reads: [\"*\"], hide: {a.b: [c]}}
";
        assert_eq!(
            problems(&[(FILE, Some(text))]),
            [
                "pipelines/roles.yaml:4:13: there is no schema or table \"publishd\"; did you mean \"published\"?",
                "pipelines/roles.yaml:4:23: \"core.\" is neither a schema nor a table; write a schema (published), a table (core.child), or \"*\" for everything",
                "pipelines/roles.yaml:5:29: the role \"analyst\" does not read \"metrics.request\"; add it to `reads`, or take this out",
                "pipelines/roles.yaml:6:10: there are two roles \"analyst\"; give each role its own id",
                "pipelines/roles.yaml:6:51: a role has no key \"hide\"; did you mean \"hides\"?",
            ]
        );
    }
}
