//! A [`Principal`] is somebody who asks, once it is known who: a name, the one
//! role that they act in, and the attributes that row filters compare with.

use std::collections::BTreeMap;

/// Who asks, and in which role. Made by [`crate::Logins`] alone, and by the
/// command line for the person who runs it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Principal {
    /// The user's name, a token's owner, or an identity provider's stable
    /// subject (`oid@tid`); never an e-mail address.
    pub name: String,
    /// One of `pipelines/roles.yaml`.
    pub role: String,
    /// What row filters compare with: `area` -> `E06000033`.
    pub attributes: BTreeMap<String, String>,
    /// How it is known.
    pub method: Method,
}

/// How it is known who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// A local user's password.
    Password,
    /// A static token.
    Token,
    /// An identity provider's token.
    Provider,
    /// A client's certificate.
    Certificate,
    /// Whoever runs the command line, who can read the lake anyway.
    CommandLine,
}

impl Method {
    /// What [`Method::word`] says of somebody who came in from outside.
    pub(crate) fn of(word: &str) -> Option<Method> {
        let all = [
            Method::Password,
            Method::Token,
            Method::Provider,
            Method::Certificate,
        ];
        all.into_iter().find(|method| method.word() == word)
    }

    /// As the query log writes it.
    pub fn word(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::Token => "token",
            Method::Provider => "provider",
            Method::Certificate => "certificate",
            Method::CommandLine => "command_line",
        }
    }
}
