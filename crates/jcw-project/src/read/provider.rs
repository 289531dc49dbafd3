//! Reads `pipelines/access.yaml`.

use super::File;
use crate::diagnostic::Diagnostic;
use crate::expand::Environment;
use crate::fields::Fields;
use crate::place::Placed;
use crate::provider::Provider;
use crate::value::{filled, is_name, list, map, name, placed_text, text};
use crate::yaml::{self, Node};
use std::collections::BTreeMap;

/// Of Entra ID's app roles.
const GROUPS: &str = "roles";

pub(crate) fn read(
    file: &File,
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Provider>> {
    let node = yaml::read(&file.path, &file.text, environment, problems)?;
    let mut fields = Fields::of("the file of access", &node, problems)?;
    let providers = fields.required("providers", filled(provider));
    fields.finish();
    let providers = providers?;
    for (at, provider) in providers.iter().enumerate() {
        let earlier = &providers[..at];
        let mut say = |place: &Placed<String>, what: &str| {
            let message = format!("there are two providers with the {what} \"{}\"", **place);
            let hint = "a token is of one provider";
            problems.push(Diagnostic::error(place.place.clone(), message).hint(hint));
        };
        if earlier.iter().any(|other| *other.id == *provider.id) {
            say(&provider.id, "id");
        }
        if earlier
            .iter()
            .any(|other| *other.issuer == *provider.issuer)
        {
            say(&provider.issuer, "issuer");
        }
    }
    Some(providers)
}

fn provider(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Provider> {
    let mut fields = Fields::of("a provider", node, problems)?;
    let id = fields.required("id", name);
    let issuer = fields.required("issuer", placed_text);
    let audiences = fields.required("audiences", filled(text));
    let tenants = fields.optional("tenants", list(text));
    let clients = fields.optional("clients", list(text));
    let keys = fields.required("keys", address);
    let groups = fields.optional("groups", text);
    let attributes = fields.optional("attributes", attributes);
    fields.finish();
    Some(Provider {
        id: id?,
        issuer: issuer?,
        audiences: audiences?,
        tenants: tenants.unwrap_or_default(),
        clients: clients.unwrap_or_default(),
        keys: keys?,
        groups: groups.unwrap_or_else(|| GROUPS.to_owned()),
        attributes: attributes.unwrap_or_default(),
    })
}

/// Whoever can change keys on their way can be anybody.
fn address(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Placed<String>> {
    let address = placed_text(node, problems)?;
    let is_here = ["http://127.0.0.1:", "http://[::1]:"]
        .iter()
        .any(|here| address.starts_with(here));
    if address.starts_with("https://") || is_here {
        return Some(address);
    }
    let message = format!("\"{}\" is not an address of keys", *address);
    let hint = "write the provider's jwks_uri, which begins with https://";
    problems.push(Diagnostic::error(address.place.clone(), message).hint(hint));
    None
}

fn attributes(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<BTreeMap<String, String>> {
    let attributes = map(text)(node, problems)?;
    for (attribute, _) in &attributes {
        if !is_name(attribute) {
            let message = format!("\"{attribute}\" is not an attribute's name");
            let hint = "write a word of a-z, 0-9 and _, as in area: extension_area";
            problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
        }
    }
    Some(attributes.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems, project};

    const FILE: &str = "pipelines/access.yaml";

    #[test]
    fn a_provider_says_whose_word_is_taken_and_for_whom() {
        let text = "providers:
  - id: entra
    issuer: https://login.example/t1/v2.0
    audiences: [api://jcw]
    tenants: [t1]
    clients: [c1]
    keys: https://login.example/t1/keys
    attributes: {area: extension_area}
";
        let providers = project(&[(FILE, Some(text))]).providers;
        assert_eq!(providers.len(), 1);
        let entra = &providers[0];
        assert_eq!(entra.issuer.value, "https://login.example/t1/v2.0");
        assert_eq!((entra.audiences.len(), entra.tenants.len()), (1, 1));
        assert_eq!(entra.groups, "roles");
        assert_eq!(entra.attributes["area"], "extension_area");
        assert!(project(&[]).providers.is_empty());
    }

    #[test]
    fn what_would_let_others_in_is_told() {
        let text = "providers:
  - {id: a, issuer: i, audiences: [], keys: http://keys.example/}
  - {id: a, issuer: i, audiences: [x], keys: https://keys.example/, attributes: {Area: y}}
  - {id: a, issuer: i, audiences: [x], keys: https://keys.example/}
";
        let told = problems(&[(FILE, Some(text))]);
        for part in [
            "is not an address of keys",
            "is not an attribute's name",
            "two providers with the id",
            "two providers with the issuer",
        ] {
            let told = told.iter().any(|told| format!("{told:?}").contains(part));
            assert!(told, "{part}");
        }
    }
}
