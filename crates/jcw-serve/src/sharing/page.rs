//! A [`Page`] is a part of a list: as many as the client wants, and a token for
//! the next.

use super::refusal::{Refusal, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// Most that one page has, whatever the client wants; one at least, or there would be a
/// next page for ever.
const MOST: usize = 1000;

/// Which part of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    max_results: Option<usize>,
    page_token: Option<String>,
}

impl Page {
    /// That part of the list.
    ///
    /// # Errors
    /// When the token is not one that was given.
    pub(super) fn of(&self, items: Vec<Value>) -> Result<Value> {
        let token = self.page_token.as_deref().filter(|token| !token.is_empty());
        let from: usize = match token {
            None => 0,
            Some(token) => {
                let number = token.parse().ok().filter(|from| *from <= items.len());
                number.ok_or_else(|| Refusal::malformed("there is no such page"))?
            }
        };
        let to = from
            .saturating_add(self.max_results.unwrap_or(MOST).clamp(1, MOST))
            .min(items.len());
        let more = (to < items.len()).then(|| to.to_string());
        let part = items.get(from..to).unwrap_or_default();
        Ok(match more {
            Some(token) => json!({"items": part, "nextPageToken": token}),
            None => json!({"items": part}),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_put_together_are_the_list() {
        let items: Vec<Value> = (0..7).map(Value::from).collect();
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let page = Page {
                max_results: Some(3),
                page_token: token,
            };
            let part = page.of(items.clone()).unwrap();
            found.extend(part["items"].as_array().unwrap().clone());
            token = part
                .get("nextPageToken")
                .and_then(Value::as_str)
                .map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        assert_eq!(found, items);
        let beyond = Page {
            max_results: None,
            page_token: Some("99".into()),
        };
        assert!(beyond.of(items).is_err());
    }
}
