//! The [`Desk`] is where an administrator says who may log in: users, their
//! passwords, and tokens.

use crate::access::{Access, Token, User};
use crate::password::{self, Hashed};
use crate::register::Register;
use crate::scram::Scram;
use crate::{LoginError, TOKEN_USER, secret};
use chrono::{DateTime, Duration, Utc};
use jcw_lake::Lake;
use std::collections::BTreeMap;

/// Where users and tokens are made and ended. Running servers follow within a
/// second or two.
#[derive(Debug)]
pub struct Desk {
    register: Register,
    /// Who is at the desk, for the notes.
    by: String,
}

/// A user to be made.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// 1 to 64 of `a-z 0-9 . _ -`, the first a letter or a digit.
    pub name: String,
    /// One of `pipelines/roles.yaml`.
    pub role: String,
    /// What row filters compare with.
    pub attributes: BTreeMap<String, String>,
    /// None for who comes with a token or a certificate only.
    pub password: Option<String>,
    /// Subject of the certificate with which they may come.
    pub certificate: Option<String>,
}

/// A user as a list shows them.
#[derive(Debug, Clone)]
pub struct ListedUser {
    /// Unique.
    pub name: String,
    /// In which they act.
    pub role: String,
    /// What row filters compare with.
    pub attributes: BTreeMap<String, String>,
    /// Whether they may come with one.
    pub has_password: bool,
    /// Subject of the certificate with which they may come.
    pub certificate: Option<String>,
}

/// A token as a list shows it.
#[derive(Debug, Clone)]
pub struct ListedToken {
    /// Unique.
    pub name: String,
    /// Whose.
    pub user: String,
    /// When.
    pub made: DateTime<Utc>,
    /// From then on it is no good.
    pub expires: DateTime<Utc>,
}

impl Desk {
    /// The desk of a lake; `by` is noted with every change.
    pub fn of(lake: &Lake, by: &str) -> Desk {
        Desk {
            register: Register::of(lake),
            by: by.to_owned(),
        }
    }

    /// Makes a user.
    ///
    /// # Errors
    /// When there is one of that name, or name, password or attributes do not do.
    pub async fn add(&self, new: NewUser) -> Result<(), LoginError> {
        must_be_a_name("user", &new.name)?;
        if new.name == TOKEN_USER {
            return Err(LoginError::Usage(format!(
                "\"{TOKEN_USER}\" is what people who come with a token write as their name; choose another"
            )));
        }
        must_be_attributes(&new.attributes)?;
        let secrets = match &new.password {
            Some(password) => Some(hash(&new.name, password).await?),
            None => None,
        };
        let (password, scram) = secrets.unzip();
        let edited = self.register.edit(|access| {
            if access.users.contains_key(&new.name) {
                return Err(LoginError::Usage(format!(
                    "there is a user \"{}\" already; `jcw user set` changes role and attributes, `jcw user password` the password",
                    new.name
                )));
            }
            must_be_free(access, new.certificate.as_deref())?;
            let user = User {
                role: new.role.clone(),
                attributes: new.attributes.clone(),
                password: password.clone(),
                scram: scram.clone(),
                certificate: new.certificate.clone(),
                since: access.sequence,
            };
            access.users.insert(new.name.clone(), user);
            access.note(&self.by, format!("made user {} with role {}", new.name, new.role));
            Ok(())
        });
        edited.await
    }

    /// Gives a user another role or other attributes. Sessions end.
    ///
    /// # Errors
    /// When there is no such user, or the attributes do not do.
    pub async fn set(
        &self,
        name: &str,
        role: Option<&str>,
        attributes: Option<&BTreeMap<String, String>>,
    ) -> Result<(), LoginError> {
        attributes.map(must_be_attributes).transpose()?;
        let edited = self.change(name, |user| {
            if let Some(role) = role {
                user.role = role.to_owned();
            }
            if let Some(attributes) = attributes {
                user.attributes = attributes.clone();
            }
            "changed role or attributes of user"
        });
        edited.await
    }

    /// Gives a user another password. Sessions end.
    ///
    /// # Errors
    /// When there is no such user, or the password does not do.
    pub async fn password(&self, name: &str, password: &str) -> Result<(), LoginError> {
        let (hashed, scram) = hash(name, password).await?;
        let edited = self.change(name, |user| {
            user.password = Some(hashed.clone());
            user.scram = Some(scram.clone());
            "changed the password of user"
        });
        edited.await
    }

    /// Removes a user, with their tokens. Sessions end.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn remove(&self, name: &str) -> Result<(), LoginError> {
        let edited = self.register.edit(|access| {
            access.users.remove(name).ok_or_else(|| no_user(name))?;
            access.tokens.retain(|_, token| token.user != name);
            access.note(&self.by, format!("removed user {name} and their tokens"));
            Ok(())
        });
        edited.await
    }

    /// Users by name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn users(&self) -> Result<Vec<ListedUser>, LoginError> {
        let listed = |(name, user): (String, User)| ListedUser {
            name,
            role: user.role,
            attributes: user.attributes,
            has_password: user.password.is_some(),
            certificate: user.certificate,
        };
        let access = self.register.read().await?;
        Ok(access.users.into_iter().map(listed).collect())
    }

    /// Makes a token that stands for a user, and tells it: nobody can tell it again.
    ///
    /// # Errors
    /// When there is no such user, or a token of that name.
    pub async fn add_token(
        &self,
        name: &str,
        user: &str,
        lasts: Duration,
    ) -> Result<String, LoginError> {
        must_be_a_name("token", name)?;
        if lasts <= Duration::zero() {
            return Err(LoginError::Usage(
                "a token lasts longer than nothing".into(),
            ));
        }
        let made = Utc::now();
        let expires = made
            .checked_add_signed(lasts)
            .ok_or_else(|| LoginError::Usage("nothing lasts that long".into()))?;
        let secret = secret::new()?;
        let edited = self.register.edit(|access| {
            if !access.users.contains_key(user) {
                return Err(no_user(user));
            }
            if access.tokens.contains_key(name) {
                return Err(LoginError::Usage(format!(
                    "there is a token \"{name}\" already; `jcw token revoke {name}` ends it"
                )));
            }
            let token = Token {
                user: user.to_owned(),
                digest: secret::digest(&secret),
                made,
                expires,
            };
            access.tokens.insert(name.to_owned(), token);
            access.note(&self.by, format!("made token {name} of user {user}"));
            Ok(())
        });
        edited.await.map(|()| secret)
    }

    /// Ends a token.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn revoke(&self, name: &str) -> Result<(), LoginError> {
        let edited = self.register.edit(|access| {
            access.tokens.remove(name).ok_or_else(|| {
                LoginError::Usage(format!(
                    "there is no token \"{name}\"; `jcw token list` lists them"
                ))
            })?;
            access.note(&self.by, format!("revoked token {name}"));
            Ok(())
        });
        edited.await
    }

    /// Tokens by name, expired ones too.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn tokens(&self) -> Result<Vec<ListedToken>, LoginError> {
        let listed = |(name, token): (String, Token)| ListedToken {
            name,
            user: token.user,
            made: token.made,
            expires: token.expires,
        };
        let access = self.register.read().await?;
        Ok(access.tokens.into_iter().map(listed).collect())
    }

    async fn change(
        &self,
        name: &str,
        change: impl Fn(&mut User) -> &'static str,
    ) -> Result<(), LoginError> {
        let edited = self.register.edit(|access| {
            let sequence = access.sequence;
            let user = access.users.get_mut(name).ok_or_else(|| no_user(name))?;
            let what = change(user);
            user.since = sequence;
            access.note(&self.by, format!("{what} {name}"));
            Ok(())
        });
        edited.await
    }
}

async fn hash(user: &str, password: &str) -> Result<(Hashed, Scram), LoginError> {
    if let Some(reason) = password::unfit(user, password) {
        return Err(LoginError::Usage(reason.into()));
    }
    let password = password.to_owned();
    let hashed = tokio::task::spawn_blocking(move || {
        let scram = Scram::of(&password);
        let scram = scram.map_err(|error| LoginError::Unavailable(error.into()))?;
        Ok((Hashed::of(&password)?, scram))
    });
    hashed
        .await
        .map_err(|error| LoginError::Unavailable(error.into()))?
}

fn no_user(name: &str) -> LoginError {
    LoginError::Usage(format!(
        "there is no user \"{name}\"; `jcw user list` lists them"
    ))
}

fn must_be_a_name(of: &str, name: &str) -> Result<(), LoginError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_name = name.starts_with(is_plain)
        && name.len() <= 64
        && name.chars().all(|c| is_plain(c) || "._-".contains(c));
    match is_name {
        true => Ok(()),
        false => Err(LoginError::Usage(format!(
            "a {of}'s name is 1 to 64 of a-z, 0-9, \".\", \"_\" and \"-\", and begins with a letter or a digit"
        ))),
    }
}

fn must_be_attributes(attributes: &BTreeMap<String, String>) -> Result<(), LoginError> {
    let is_word = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && (name.chars()).all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    match attributes.keys().find(|name| !is_word(name)) {
        None => Ok(()),
        Some(name) => Err(LoginError::Usage(format!(
            "\"{name}\" is not an attribute's name: it is a word of a-z, 0-9 and _, as in area=E06000033"
        ))),
    }
}

fn must_be_free(access: &Access, certificate: Option<&str>) -> Result<(), LoginError> {
    let Some(certificate) = certificate else {
        return Ok(());
    };
    let mut users = access.users.iter();
    match users.find(|(_, user)| user.certificate.as_deref() == Some(certificate)) {
        None => Ok(()),
        Some((name, _)) => Err(LoginError::Usage(format!(
            "the certificate is user \"{name}\"'s"
        ))),
    }
}
