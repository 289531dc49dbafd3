//! How a visitor says who they are: a local user proves the password by
//! SCRAM-SHA-256 without sending it; a token (ours, or an identity provider's)
//! comes as the password of the user `token`, which is asked for in clear and so
//! only where nobody in between can read it. Whoever has shown a certificate of
//! their own is asked for nothing, and is nobody under another's name.

use crate::postgres::error::{fatal, not_let_in};
use crate::postgres::scram::{Exchange, MECHANISM};
use crate::postgres::variable::{TOLD, Variables};
use crate::postgres::visitor::Visitor;
use async_trait::async_trait;
use bytes::Buf as _;
use futures::{Sink, SinkExt as _};
use jcw_govern::Door;
use jcw_login::{Credential, Login, LoginError, TOKEN_USER};
use pgwire::api::auth::{
    StartupHandler, protocol_negotiation, save_startup_parameters_to_metadata,
};
use pgwire::api::{
    ClientInfo, METADATA_DATABASE, METADATA_USER, PgWireConnectionState,
    PidSecretKeyGenerator as _, RandomPidSecretKeyGenerator,
};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::response::{ReadyForQuery, TransactionStatus};
use pgwire::messages::startup::{
    Authentication, BackendKeyData, ParameterStatus, PasswordMessageFamily,
};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use std::fmt::Debug;
use std::sync::LazyLock;

/// Numbers and secrets of connections.
static NUMBERS: LazyLock<RandomPidSecretKeyGenerator> = LazyLock::new(Default::default);

#[async_trait]
impl StartupHandler for Visitor {
    async fn on_startup<C>(
        &self,
        client: &mut C,
        message: PgWireFrontendMessage,
    ) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match message {
            PgWireFrontendMessage::Startup(startup) => {
                protocol_negotiation(client, &startup).await?;
                save_startup_parameters_to_metadata(client, &startup);
                self.begin(client.metadata())?;
                if let Some(login) = self.certified(user(client)).await? {
                    return self.welcome(client, login).await;
                }
                let asked = match self.is_token(client)? {
                    true => Authentication::CleartextPassword,
                    false => Authentication::SASL(vec![MECHANISM.to_owned()]),
                };
                client.set_state(PgWireConnectionState::AuthenticationInProgress);
                client
                    .send(PgWireBackendMessage::Authentication(asked))
                    .await?;
                Ok(())
            }
            PgWireFrontendMessage::PasswordMessageFamily(shown) => {
                let shown = raw(shown).ok_or_else(|| fatal("08P01", "that is no password"))?;
                let next = match self.is_token(client)? {
                    true => Step::In(self.token(&shown).await?),
                    false => self.prove(user(client), &shown)?,
                };
                match next {
                    Step::Send(text) => {
                        let next = Authentication::SASLContinue(text.into());
                        client
                            .send(PgWireBackendMessage::Authentication(next))
                            .await?;
                        Ok(())
                    }
                    Step::In(login) => self.welcome(client, login).await,
                    Step::Proved(text, login) => {
                        let last = Authentication::SASLFinal(text.into());
                        client
                            .feed(PgWireBackendMessage::Authentication(last))
                            .await?;
                        self.welcome(client, login).await
                    }
                }
            }
            _ => Err(fatal("08P01", "log in first")),
        }
    }
}

/// What comes next in a login.
enum Step {
    Send(String),
    Proved(String, Login),
    In(Login),
}

impl Visitor {
    /// Takes the start-up parameters: the variables that a client sets so, and
    /// `options` as in `-c release=12`.
    fn begin(&self, sent: &std::collections::HashMap<String, String>) -> PgWireResult<()> {
        let mut start = Variables::default();
        let skipped = [METADATA_USER, METADATA_DATABASE, "options", "replication"];
        let mut set = |name: &str, value: &str| {
            let name = name.replace('-', "_");
            match start.set(&name, value) {
                // A client that says what it likes to have is not turned away.
                Err(failed) if name == "release" || name == "client_encoding" => Err(failed),
                _ => Ok(()),
            }
        };
        if sent
            .get("replication")
            .is_some_and(|value| !["false", "off", "0"].contains(&value.as_str()))
        {
            return Err(fatal("0A000", "there is no replication here"));
        }
        for (name, value) in sent {
            if !skipped.contains(&name.as_str()) && !name.starts_with("_pq_.") {
                set(name, value)?;
            }
        }
        for (name, value) in options(sent.get("options").map_or("", String::as_str)) {
            set(&name, &value)?;
        }
        let user = sent.get(METADATA_USER).filter(|user| !user.is_empty());
        let user = user.ok_or_else(|| fatal("28000", "say who you are: user=..."))?;
        let database = sent.get(METADATA_DATABASE).filter(|name| !name.is_empty());
        let mut chosen = self.chosen();
        chosen.database = database.unwrap_or(user).clone();
        chosen.variables = start.clone();
        chosen.start = start;
        Ok(())
    }

    fn is_token<C: ClientInfo>(&self, client: &C) -> PgWireResult<bool> {
        if user(client) != TOKEN_USER {
            return Ok(false);
        }
        match self.is_private {
            true => Ok(true),
            false => Err(fatal(
                "28000",
                "a token is only taken over TLS: sslmode=require",
            )),
        }
    }

    /// Who has shown a certificate of their own and says the same name; `None`
    /// for whoever has to show something else.
    async fn certified(&self, user: &str) -> PgWireResult<Option<Login>> {
        let logins = &self.door.house.logins;
        let (Some(owner), Some(subject)) = (self.owner(), &self.subject) else {
            return Ok(None);
        };
        if user == TOKEN_USER {
            return Ok(None);
        }
        let shown = Credential::Certificate(&subject.0);
        let login = logins.log_in(shown, Some(self.from.ip())).await;
        let login = login.and_then(|login| match owner == user {
            true => Ok(login),
            false => Err(LoginError::Refused),
        });
        self.noted(user, login).map(Some)
    }

    /// Whose certificate was shown.
    fn owner(&self) -> Option<String> {
        let subject = self.subject.as_ref()?;
        self.door.house.logins.owner(&subject.0)
    }

    async fn token(&self, shown: &[u8]) -> PgWireResult<Login> {
        let token = shown.strip_suffix(&[0]).unwrap_or(shown);
        let token = std::str::from_utf8(token).map_err(|_| not_let_in(&LoginError::Refused))?;
        let logins = &self.door.house.logins;
        let shown = Credential::Password {
            user: TOKEN_USER,
            password: token,
        };
        let login = logins.log_in(shown, Some(self.from.ip())).await;
        let login = login.and_then(|login| {
            let owner = self.owner();
            match owner.is_none_or(|owner| owner == login.principal.name) {
                true => Ok(login),
                false => Err(LoginError::Refused),
            }
        });
        self.noted(TOKEN_USER, login)
    }

    /// With a row of the query log where somebody is not let in.
    fn noted<T>(&self, user: &str, known: Result<T, LoginError>) -> PgWireResult<T> {
        let from = Some(self.from.ip());
        let house = &self.door.house;
        let known = house.noted(Door::Postgres, Some(user), from, known);
        known.map_err(|failed| not_let_in(&failed))
    }

    /// One step of SCRAM.
    fn prove(&self, user: &str, shown: &[u8]) -> PgWireResult<Step> {
        let (logins, from) = (&self.door.house.logins, Some(self.from.ip()));
        let begun = self.chosen().exchange.take();
        let Some(exchange) = begun else {
            let first = first(shown).ok_or_else(|| fatal("08P01", "that is no SCRAM-SHA-256"))?;
            let scram = self.noted(user, logins.scram(user, from))?;
            let (exchange, answer) = Exchange::begin(scram, first)
                .ok_or_else(|| fatal("08P01", "that is no SCRAM-SHA-256"))?;
            self.chosen().exchange = Some(exchange);
            return Ok(Step::Send(answer));
        };
        let proved = logins.finish_scram(user, from, &exchange.scram, || exchange.finish(shown));
        let (login, proof) = self.noted(user, proved)?;
        Ok(Step::Proved(proof, login))
    }

    /// Lets somebody in and tells the client what it needs to know.
    async fn welcome<C>(&self, client: &mut C, login: Login) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let (number, secret) = NUMBERS.generate(client);
        client.set_pid_and_secret_key(number, secret.clone());
        let register = &self.door.register;
        let registered = register.enter(number, &secret, self.running.clone());
        let told: Vec<(String, String)> = {
            let mut chosen = self.chosen();
            chosen.registered = Some(registered);
            let name = login.principal.name.clone();
            chosen.login = Some((login.principal, login.pass));
            let value = |variable: &&str| match *variable {
                "session_authorization" => name.clone(),
                variable => chosen
                    .variables
                    .get(variable)
                    .unwrap_or_default()
                    .to_owned(),
            };
            TOLD.iter()
                .map(|variable| ((*variable).to_owned(), value(variable)))
                .collect()
        };
        // A release that is not there is said now rather than at the first query.
        self.session().await.map_err(into_fatal)?;
        let is_in = PgWireBackendMessage::Authentication(Authentication::Ok);
        client.feed(is_in).await?;
        for (name, value) in told {
            let told = PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name, value));
            client.feed(told).await?;
        }
        let key = PgWireBackendMessage::BackendKeyData(BackendKeyData::new(number, secret));
        client.feed(key).await?;
        client.set_state(PgWireConnectionState::ReadyForQuery);
        let ready = ReadyForQuery::new(TransactionStatus::Idle);
        client
            .send(PgWireBackendMessage::ReadyForQuery(ready))
            .await?;
        Ok(())
    }
}

/// The same, but the connection ends.
pub(super) fn into_fatal(failed: PgWireError) -> PgWireError {
    match failed {
        PgWireError::UserError(mut info) => {
            info.severity = "FATAL".to_owned();
            info.severity_nonlocalized = Some("FATAL".to_owned());
            PgWireError::UserError(info)
        }
        other => other,
    }
}

fn user<C: ClientInfo>(client: &C) -> &str {
    client
        .metadata()
        .get(METADATA_USER)
        .map_or("", String::as_str)
}

fn raw(shown: PasswordMessageFamily) -> Option<Vec<u8>> {
    match shown {
        PasswordMessageFamily::Raw(bytes) => Some(bytes.to_vec()),
        _ => None,
    }
}

/// The client's first SCRAM message: after the mechanism and a length.
fn first(shown: &[u8]) -> Option<&[u8]> {
    let rest = shown
        .strip_prefix(MECHANISM.as_bytes())?
        .strip_prefix(&[0])?;
    let mut head = rest.get(..4)?;
    let length = usize::try_from(head.get_i32()).ok()?;
    rest.get(4..).filter(|data| data.len() == length)
}

/// `-c name=value`, `-cname=value` and `--name=value`; a backslash keeps a space.
fn options(text: &str) -> Vec<(String, String)> {
    let text = text.replace("\\ ", "\u{0}");
    let mut words = text.split_whitespace();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            Some("") => words.next(),
            other => other,
        };
        if let Some((name, value)) = setting.and_then(|setting| setting.split_once('=')) {
            found.push((name.to_owned(), value.replace('\u{0}', " ")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_libpq_writes_them() {
        let found = options(r"-c release=12 --purpose=care\ plans -cgeqo=off -B 5");
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("release", "12"),
                ("purpose", "care plans"),
                ("geqo", "off")
            ]
        );
    }

    #[test]
    fn a_first_message_has_its_mechanism_and_its_length() {
        assert_eq!(first(b"SCRAM-SHA-256\0\0\0\0\x03abc"), Some(&b"abc"[..]));
        assert_eq!(first(b"SCRAM-SHA-256\0\0\0\0\x04abc"), None);
        assert_eq!(first(b"SCRAM-SHA-256\0\xff\xff\xff\xff"), None);
        assert_eq!(first(b"SCRAM-SHA-256-PLUS\0\0\0\0\x00"), None);
    }
}
