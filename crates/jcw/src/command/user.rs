//! `jcw user`: who may log in with a password or a certificate.

use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::{home, output};
use anyhow::Context as _;
use arrow::array::{BooleanArray, RecordBatch, StringArray};
use jcw_login::{Desk, ListedUser, LoginError, NewUser};
use jcw_project::Project;
use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::sync::Arc;

/// Say who may log in to the servers of this lake
///
/// Running servers follow within two seconds: a user who is removed, or has
/// another role or password, has no session any more.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a user
    Add {
        /// As the user writes it
        #[arg(value_name = "NAME")]
        name: String,
        /// One of `pipelines/roles.yaml`
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// Read the password from standard input, one line
        #[arg(long)]
        password_stdin: bool,
        /// Subject of the client's certificate with which the user may come, as
        /// in `CN=grafana,O=Southend`
        #[arg(long, value_name = "SUBJECT")]
        certificate: Option<String>,
        /// What row filters compare with, as in `area=E06000033`
        #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = attribute)]
        attributes: Vec<(String, String)>,
    },
    /// Give a user another role or other attributes
    Set {
        /// Of the user
        #[arg(value_name = "NAME")]
        name: String,
        /// One of `pipelines/roles.yaml`
        #[arg(long, value_name = "ROLE")]
        role: Option<String>,
        /// All attributes that the user has from now on
        #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = attribute)]
        attributes: Vec<(String, String)>,
        /// From now on the user has no attribute
        #[arg(long, conflicts_with = "attributes")]
        no_attributes: bool,
    },
    /// Give a user another password, read from standard input
    Password {
        /// Of the user
        #[arg(value_name = "NAME")]
        name: String,
        /// Read the password from standard input, one line
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Remove a user and their tokens
    Remove {
        /// Of the user
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// List the users
    List {
        /// How rows are printed
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let desk = desk(global).await?;
    match args.command {
        Command::Add {
            name,
            role,
            password_stdin,
            certificate,
            attributes,
        } => {
            must_be_a_role(global, &role)?;
            let password = password_stdin.then(password).transpose()?;
            let new = NewUser {
                name: name.clone(),
                role: role.clone(),
                attributes: attributes.into_iter().collect(),
                password,
                certificate,
            };
            desk.add(new).await?;
            output::say(&format!("{name} may log in and acts as {role}."))?;
        }
        Command::Set {
            name,
            role,
            attributes,
            no_attributes,
        } => {
            if let Some(role) = &role {
                must_be_a_role(global, role)?;
            }
            let attributes: BTreeMap<_, _> = attributes.into_iter().collect();
            let changed = (no_attributes || !attributes.is_empty()).then_some(&attributes);
            if role.is_none() && changed.is_none() {
                return Err(LoginError::Usage(
                    "nothing to change: give --role, --attribute or --no-attributes".into(),
                )
                .into());
            }
            desk.set(&name, role.as_deref(), changed).await?;
            output::say(&format!("{name} was changed and has to log in again."))?;
        }
        Command::Password { name, .. } => {
            desk.password(&name, &password()?).await?;
            output::say(&format!(
                "{name} has another password and has to log in again."
            ))?;
        }
        Command::Remove { name } => {
            desk.remove(&name).await?;
            output::say(&format!("{name} may not log in any more."))?;
        }
        Command::List { format } => {
            let users = rows(&desk.users().await?)?;
            listed(
                format,
                users,
                "Nobody may log in yet; `jcw user add` makes a user.",
            )?;
        }
    }
    Ok(Exit::Done)
}

/// Where users are made: what is done there is noted with the account that did it.
pub(super) async fn desk(global: &Global) -> anyhow::Result<Desk> {
    let lake = home::lake_alone(global).await?;
    let by = std::env::var("USER").unwrap_or_default();
    Ok(Desk::of(&lake, &by))
}

/// Prints a list, or says in words that there is nothing in it.
pub(super) fn listed(format: Format, rows: RecordBatch, none: &str) -> anyhow::Result<()> {
    match (format, rows.num_rows()) {
        (Format::Table, 0) => output::say(none),
        _ => output::print(format, rows),
    }
}

/// A column of words.
pub(super) fn words<T>(lines: &[T], word: impl Fn(&T) -> String) -> Arc<StringArray> {
    Arc::new(lines.iter().map(|line| Some(word(line))).collect())
}

/// A role that nobody has described sees nothing; where there is no project at
/// hand, only its lake, nobody can say.
fn must_be_a_role(global: &Global, role: &str) -> anyhow::Result<()> {
    let root = home::root(global)?;
    let (project, _) = Project::load(&root, &jcw_project::ProcessEnvironment);
    let Some(project) = project.filter(|project| project.role(role).is_none()) else {
        return Ok(());
    };
    let known = project.roles.iter().map(|role| role.id.as_str());
    let advice = match jcw_project::did_you_mean(role, known.clone()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
    };
    Err(LoginError::Usage(format!(
        "pipelines/roles.yaml has no role \"{role}\"; {advice}"
    ))
    .into())
}

fn password() -> anyhow::Result<String> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.context("the password could not be read from standard input")?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}

fn attribute(text: &str) -> Result<(String, String), String> {
    let (name, value) = (text.split_once('=')).ok_or("write it as in area=E06000033")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn rows(users: &[ListedUser]) -> anyhow::Result<RecordBatch> {
    let attributes = |user: &ListedUser| {
        let pairs = user.attributes.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join(" ")
    };
    let has_password: BooleanArray = users.iter().map(|user| Some(user.has_password)).collect();
    Ok(RecordBatch::try_from_iter([
        ("user", words(users, |user| user.name.clone()) as _),
        ("role", words(users, |user| user.role.clone()) as _),
        ("attributes", words(users, attributes) as _),
        ("has_password", Arc::new(has_password) as _),
        (
            "certificate",
            words(users, |user| user.certificate.clone().unwrap_or_default()) as _,
        ),
    ])?)
}
