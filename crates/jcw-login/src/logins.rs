//! [`Logins`] are all ways in which somebody can show who they are.

use crate::access::{Access, User};
use crate::key::ServerKey;
use crate::lockout::Lockout;
use crate::pass::{self, Pass};
use crate::password::{self, Hashed};
use crate::pool::Pool;
use crate::provider::{self, Provider};
use crate::register::Register;
use crate::scram::Scram;
use crate::{LoginError, Method, Principal, secret};
use chrono::Utc;
use jcw_lake::Lake;
use jcw_project::{Project, Role};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

/// The name under which a bearer token comes where a protocol has only names
/// and passwords.
pub const TOKEN_USER: &str = "token";
/// How often it is looked whether users have changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long users are believed that cannot be read again.
const BELIEVED: Duration = Duration::from_secs(60);
/// How seldom a provider's keys are fetched.
const KEYS_EVERY: Duration = Duration::from_secs(60);

/// What somebody shows.
#[derive(Clone, Copy)]
pub enum Credential<'c> {
    /// A name and a password.
    Password {
        /// Of a local user; `token` when the password is a bearer token.
        user: &'c str,
        /// In clear.
        password: &'c str,
    },
    /// A static token, a session's token, or an identity provider's JWT.
    Bearer(&'c str),
    /// The subject of a certificate that the TLS layer has verified.
    Certificate(&'c str),
}

impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Credential::Password { .. } => "Password",
            Credential::Bearer(_) => "Bearer",
            Credential::Certificate(_) => "Certificate",
        })
    }
}

/// Users, tokens and identity providers of one project.
#[derive(Debug)]
pub struct Logins {
    standing: Arc<Standing>,
    register: Register,
    key: ServerKey,
    pool: Pool,
    lockout: Lockout,
    nobody: Arc<Hashed>,
    providers: Vec<Provider>,
}

/// Somebody who has shown who they are.
#[derive(Debug, Clone)]
pub struct Login {
    /// Who it is.
    pub principal: Principal,
    /// What it rests on: a connection that stays open shows it at every call with
    /// [`Logins::still`].
    pub pass: Pass,
}

/// Who may log in, as it was read last.
#[derive(Debug)]
struct Standing {
    access: RwLock<(Arc<Access>, Instant)>,
}

impl Logins {
    /// Reads what the project and its lake say of who may log in, and looks
    /// every second whether that has changed.
    ///
    /// # Errors
    /// When that cannot be read, or the key that the environment names is none.
    pub async fn open(project: &Project, lake: &Lake) -> Result<Logins, LoginError> {
        let providers = provider::of(project, KEYS_EVERY)?;
        Logins::with(lake, ServerKey::of_environment()?, providers).await
    }

    async fn with(
        lake: &Lake,
        key: ServerKey,
        providers: Vec<Provider>,
    ) -> Result<Logins, LoginError> {
        let register = Register::of(lake);
        let access = RwLock::new((Arc::new(register.read().await?), Instant::now()));
        let standing = Arc::new(Standing { access });
        tokio::spawn(look(Arc::downgrade(&standing), register.clone()));
        Ok(Logins {
            standing,
            register,
            key,
            pool: Pool::new(),
            lockout: Lockout::new(),
            nobody: Arc::new(Hashed::of_nobody()),
            providers,
        })
    }

    /// From now on the roles are these: groups of the providers act in them.
    pub fn follow(&self, roles: &[Role]) {
        for provider in &self.providers {
            provider.follow(roles);
        }
    }

    /// Who shows this.
    ///
    /// # Errors
    /// [`LoginError::Refused`] for nobody, without a reason;
    /// [`LoginError::TooMany`] after too many failures.
    pub async fn log_in(
        &self,
        shown: Credential<'_>,
        from: Option<IpAddr>,
    ) -> Result<Login, LoginError> {
        let pass = match shown {
            Credential::Password {
                user: TOKEN_USER,
                password,
            } => self.bearer(password, from).await,
            Credential::Password { user, password } => self.password(user, password, from).await,
            Credential::Bearer(token) => self.bearer(token, from).await,
            Credential::Certificate(subject) => self.certificate(subject),
        };
        Login::of(pass?)
    }

    /// Whether there is a user of that name: for whoever keeps a log of attempts, and
    /// nobody who tries.
    pub fn has_user(&self, name: &str) -> bool {
        let access = self.access();
        access.is_ok_and(|access| access.users.contains_key(name))
    }

    /// A token for the time of a session, for somebody who has just logged in;
    /// [`Logins::log_in`] takes it as a [`Credential::Bearer`], on every server
    /// with the same key, for half an hour and as long as the user, the role,
    /// the password and the token behind it are what they were. A login with
    /// such a token has the pass of the first one, and twelve hours after that
    /// there is no other token.
    ///
    /// # Errors
    /// When they are not any more, or it was too long ago.
    pub fn session_token(&self, pass: &Pass) -> Result<String, LoginError> {
        self.still(pass)?;
        pass.seal(&self.key, Utc::now()).ok_or(LoginError::Refused)
    }

    /// Whether a pass still holds. Cheap: nothing is read from the lake.
    ///
    /// # Errors
    /// When it does not.
    pub fn still(&self, pass: &Pass) -> Result<(), LoginError> {
        match pass.holds(&*self.access()?, Utc::now()) {
            true => Ok(()),
            false => Err(LoginError::Refused),
        }
    }

    /// What proves a user's password by SCRAM-SHA-256. For a name that nobody has
    /// it is one that nobody can answer, the same each time and at every server.
    /// [`Logins::finish_scram`] takes what the client makes of it.
    ///
    /// # Errors
    /// [`LoginError::TooMany`] after too many failures.
    pub fn scram(&self, user: &str, from: Option<IpAddr>) -> Result<Scram, LoginError> {
        self.lockout.admit(user, from)?;
        let access = self.access()?;
        let scram = access.users.get(user).and_then(|user| user.scram.clone());
        Ok(scram.unwrap_or_else(|| Scram::of_nobody(&self.disguise(&access), user)))
    }

    /// Who has proved their password by SCRAM-SHA-256, and what `prove` gives,
    /// which checks the proof against `shown`. It is only called if the name may
    /// still be tried: of exchanges that began together, most may have failed.
    ///
    /// # Errors
    /// [`LoginError::TooMany`] after too many failures; [`LoginError::Refused`]
    /// when it is no proof, or the password is another by now.
    pub fn finish_scram<T>(
        &self,
        user: &str,
        from: Option<IpAddr>,
        shown: &Scram,
        prove: impl FnOnce() -> Option<T>,
    ) -> Result<(Login, T), LoginError> {
        let access = self.access()?;
        let finished = self.lockout.attempt(user, from, || {
            let proved = prove()?;
            let record = access.users.get(user)?;
            let pass = Pass::of_user(user, record, Method::Password);
            (record.scram.as_ref() == Some(shown)).then_some((pass, proved))
        });
        let (pass, proved) = finished?;
        Ok((Login::of(pass)?, proved))
    }

    /// Before there are users there is nothing to hide.
    fn disguise<'a>(&self, access: &'a Access) -> Cow<'a, [u8]> {
        match access.disguise.is_empty() {
            true => self.key.sign("scram", b"").to_vec().into(),
            false => access.disguise.as_slice().into(),
        }
    }

    /// Whose certificate it is that has this subject. That it is nobody's is no
    /// attempt to log in.
    pub fn owner(&self, subject: &str) -> Option<String> {
        let pass = self.certificate(subject).ok()?;
        Some(pass.principal()?.name)
    }

    /// A local user, for whoever runs the command line and wants to see what
    /// they see.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn stand_in(&self, user: &str) -> Result<Principal, LoginError> {
        let access = self.access()?;
        let record = access.users.get(user).ok_or_else(|| {
            LoginError::Usage(format!(
                "there is no user \"{user}\"; `jcw user list` lists them"
            ))
        })?;
        Ok(Principal {
            name: user.to_owned(),
            role: record.role.clone(),
            attributes: record.attributes.clone(),
            method: Method::CommandLine,
        })
    }

    /// With which the server signs what it gives out.
    pub fn key(&self) -> &ServerKey {
        &self.key
    }

    async fn password(
        &self,
        name: &str,
        password: &str,
        from: Option<IpAddr>,
    ) -> Result<Pass, LoginError> {
        self.lockout.admit(name, from)?;
        let access = self.access()?;
        let record = access.users.get(name);
        let hashed = record.and_then(|record| record.password.clone());
        let is_known = hashed.is_some() && password.len() <= password::LONGEST;
        let hashed = hashed.unwrap_or_else(|| Hashed::clone(&self.nobody));
        let tried = password.to_owned();
        let is_right = (self.pool)
            .run(
                || self.lockout.admit(name, from),
                move || hashed.is_of(&tried),
            )
            .await?;
        let Some(record) = record.filter(|_| is_known && is_right) else {
            self.lockout.failed(name, from);
            return Err(LoginError::Refused);
        };
        self.lockout.succeeded(name, from);
        if (record.password.as_ref()).is_some_and(Hashed::is_weak) {
            self.rehash(name, password, record).await;
        }
        Ok(Pass::of_user(name, record, Method::Password))
    }

    /// Hashes a password again that is now known to be right. Nobody is kept out
    /// where that does not succeed.
    async fn rehash(&self, name: &str, password: &str, known: &User) {
        let tried = password.to_owned();
        let hashed = self.pool.run(|| Ok(()), move || Hashed::of(&tried)).await;
        let Ok(Ok(hashed)) = hashed else {
            return;
        };
        let edited = self.register.edit(|access| {
            let record = access.users.get_mut(name).ok_or(LoginError::Refused)?;
            if record.password != known.password {
                return Err(LoginError::Refused);
            }
            record.password = Some(hashed.clone());
            Ok(())
        });
        if let Err(error) = edited.await {
            tracing::debug!(%error, "a password could not be hashed again");
        }
    }

    async fn bearer(&self, token: &str, from: Option<IpAddr>) -> Result<Pass, LoginError> {
        match self.token(token).await {
            Err(LoginError::Refused) => Err(self.lockout.stranger(from)),
            known => known,
        }
    }

    async fn token(&self, token: &str) -> Result<Pass, LoginError> {
        let access = self.access()?;
        let now = Utc::now();
        if token.starts_with(pass::PREFIX) {
            return (Pass::open(&self.key, token, now))
                .filter(|pass| pass.holds(&access, now))
                .ok_or(LoginError::Refused);
        }
        if provider::is_jwt(token) {
            return self.vouched_for(token).await;
        }
        let digest = secret::digest(token);
        let (_, name, user) = (access.token(&digest, now)).ok_or(LoginError::Refused)?;
        Ok(Pass::of_user(name, user, Method::Token).with_token(digest))
    }

    /// Who a provider says that it is.
    async fn vouched_for(&self, token: &str) -> Result<Pass, LoginError> {
        let mut refused = LoginError::Refused;
        for provider in &self.providers {
            match provider.log_in(token).await {
                Ok(known) => return Ok(Pass::vouched(&known.principal, known.until)),
                Err(LoginError::Refused) => {}
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn certificate(&self, subject: &str) -> Result<Pass, LoginError> {
        let access = self.access()?;
        let found =
            (access.users.iter()).find(|(_, user)| user.certificate.as_deref() == Some(subject));
        let (name, user) = found.ok_or(LoginError::Refused)?;
        Ok(Pass::of_user(name, user, Method::Certificate))
    }

    /// Who may log in now.
    fn access(&self) -> Result<Arc<Access>, LoginError> {
        let held = self.standing.access.read();
        let (access, read_at) = &*held.unwrap_or_else(PoisonError::into_inner);
        // Whoever was removed meanwhile would be let in.
        if read_at.elapsed() > BELIEVED {
            return Err(LoginError::Unavailable(
                "users were last read more than a minute ago".into(),
            ));
        }
        Ok(Arc::clone(access))
    }
}

impl Login {
    fn of(pass: Pass) -> Result<Login, LoginError> {
        let principal = pass.principal().ok_or(LoginError::Refused)?;
        Ok(Login { principal, pass })
    }
}

/// Reads users again when they have changed, as long as somebody has the logins.
async fn look(standing: Weak<Standing>, register: Register) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(known) = standing.upgrade().map(|standing| standing.sequence()) else {
            return;
        };
        let newer = register.newer_than(known).await;
        let Some(standing) = standing.upgrade() else {
            return;
        };
        match newer {
            Ok(newer) => standing.is_now(newer),
            Err(error) => tracing::warn!(%error, "users could not be read again"),
        }
    }
}

impl Standing {
    fn sequence(&self) -> u64 {
        let held = self.access.read();
        held.unwrap_or_else(PoisonError::into_inner).0.sequence
    }

    fn is_now(&self, newer: Option<Access>) {
        let mut held = (self.access.write()).unwrap_or_else(PoisonError::into_inner);
        held.1 = Instant::now();
        if let Some(newer) = newer {
            held.0 = Arc::new(newer);
        }
    }
}

#[cfg(test)]
#[path = "logins_tests.rs"]
mod tests;
