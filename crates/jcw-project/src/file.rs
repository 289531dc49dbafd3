//! A file of the project: what it is, by where it stands, and its text.

use crate::diagnostic::Diagnostic;
use crate::model::Layer;
use crate::place::{Place, Placed};
use crate::value::{NAME_HINT, is_name};
use sha2::{Digest, Sha256};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use walkdir::WalkDir;

/// What a file of the project is, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Warehouse,
    Identity,
    Roles,
    Access,
    Symbols,
    Codes,
    /// `delivery`: the folder it stands in, where that is a delivery's.
    Contract {
        partner: String,
        delivery: Option<String>,
    },
    Delivery {
        partner: String,
        name: String,
    },
    Seed,
    SeedTable,
    Source {
        partner: String,
    },
    Model {
        layer: Layer,
    },
    Metric,
    Action,
    /// `folder`: the layer of the model, or `metrics` for a metric.
    UnitTests {
        folder: String,
    },
}

/// The files under `root`, by role, then by path: the order in which they are read.
pub(crate) fn find(root: &Path, problems: &mut Vec<Diagnostic>) -> Vec<(Role, PathBuf)> {
    let mut files = Vec::new();
    for folder in ["pipelines", "schemas"] {
        let walk = WalkDir::new(root.join(folder))
            .follow_links(true)
            .sort_by_file_name()
            .into_iter();
        let shown =
            walk.filter_entry(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
        for entry in shown {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let path = entry
                        .path()
                        .strip_prefix(root)
                        .unwrap_or(entry.path())
                        .to_owned();
                    match role(&path) {
                        Ok(role) => files.push((role, path)),
                        Err(Some(why)) => problems.push(
                            Diagnostic::warning(Place::start_of(path), "this file is not read")
                                .hint(why),
                        ),
                        Err(None) => {}
                    }
                }
                Ok(_) => {}
                Err(error)
                    if error
                        .io_error()
                        .is_some_and(|e| e.kind() == std::io::ErrorKind::NotFound) => {}
                Err(error) => {
                    let place = Place::start_of(folder);
                    problems.push(Diagnostic::error(
                        place,
                        format!("cannot look through this folder: {error}"),
                    ));
                }
            }
        }
    }
    files.sort();
    files
}

/// What the file at `path` is. An error says what it would have to be called,
/// where it looks like one that should be read.
fn role(path: &Path) -> Result<Role, Option<String>> {
    let parts: Vec<&str> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    let (Some(file), extension) = (
        parts.last(),
        path.extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default(),
    ) else {
        return Err(None);
    };
    match (&parts[..parts.len() - 1], extension) {
        (_, "yml") => Err(Some(format!(
            "name it {}.yaml",
            file.trim_end_matches(".yml")
        ))),
        (["pipelines"], "yaml") if *file == "warehouse.yaml" => Ok(Role::Warehouse),
        (["pipelines"], "yaml") if *file == "identity.yaml" => Ok(Role::Identity),
        (["pipelines"], "yaml") if *file == "roles.yaml" => Ok(Role::Roles),
        (["pipelines"], "yaml") if *file == "access.yaml" => Ok(Role::Access),
        (["schemas"], "yaml") if *file == "symbols.yaml" => Ok(Role::Symbols),
        (["schemas"], "yaml") if *file == "codes.yaml" => Ok(Role::Codes),
        (["pipelines", "models", layer, ..], "sql") => {
            match Layer::ALL.iter().find(|known| known.name() == *layer) {
                Some(layer) => Ok(Role::Model { layer: *layer }),
                None => Err(Some(
                    "models stand in the folders staging, core, metrics, published".into(),
                )),
            }
        }
        (["pipelines", "metrics"], "yaml") => Ok(Role::Metric),
        (["pipelines", "seeds"], "yaml") => Ok(Role::Seed),
        (["pipelines", "seeds"], "csv") => Ok(Role::SeedTable),
        (["pipelines", "actions"], "yaml") => Ok(Role::Action),
        (["pipelines", "tests", folder], "yaml") => {
            match Layer::ALL.iter().any(|layer| layer.name() == *folder) {
                true => Ok(Role::UnitTests {
                    folder: (*folder).to_owned(),
                }),
                false => Err(Some(
                    "unit tests stand in the folders staging, core, metrics, published".into(),
                )),
            }
        }
        (
            [
                "pipelines",
                "actions" | "models" | "metrics" | "seeds" | "tests",
                ..,
            ],
            "yaml",
        ) => Err(Some("no YAML file is read in this folder".into())),
        (["pipelines", partner], "yaml") => Ok(Role::Source {
            partner: (*partner).to_owned(),
        }),
        (["schemas", partner], "yaml") => Ok(Role::Contract {
            partner: (*partner).to_owned(),
            delivery: None,
        }),
        (["schemas", partner, name], "yaml") if *file == "delivery.yaml" => Ok(Role::Delivery {
            partner: (*partner).to_owned(),
            name: (*name).to_owned(),
        }),
        (["schemas", partner, delivery], "yaml") => Ok(Role::Contract {
            partner: (*partner).to_owned(),
            delivery: Some((*delivery).to_owned()),
        }),
        (_, "yaml") => Err(Some(
            "a YAML file stands in the folder of a partner, a delivery, a metric or a seed".into(),
        )),
        (_, "sql") => Err(Some("SQL files stand in pipelines/models/<layer>/".into())),
        _ => Err(None),
    }
}

impl Role {
    /// The partner in whose folder a file stands.
    pub(crate) fn partner(&self) -> Option<&str> {
        match self {
            Role::Source { partner }
            | Role::Contract { partner, .. }
            | Role::Delivery { partner, .. } => Some(partner),
            _ => None,
        }
    }

    /// The table or the source that a file of this role makes; of a delivery,
    /// what the names of its tables begin with.
    pub(crate) fn makes(&self, stem: &str) -> Option<String> {
        match self {
            Role::Source { partner } => Some(format!("{partner}/{stem}")),
            Role::Contract {
                partner,
                delivery: None,
            } => Some(format!("{partner}.{stem}")),
            Role::Contract {
                partner,
                delivery: Some(delivery),
            } => Some(format!("{partner}.{delivery}_{stem}")),
            Role::Delivery { partner, name } => Some(format!("{partner}.{name}")),
            Role::Seed => Some(format!("seed.{stem}")),
            Role::Model { layer } => Some(format!("{}.{stem}", layer.name())),
            _ => None,
        }
    }
}

/// One file of the project, as text.
pub(crate) struct File {
    /// Relative to the root, with forward slashes.
    pub(crate) path: Arc<Path>,
    /// Name without extension.
    pub(crate) stem: String,
    pub(crate) text: String,
}

impl File {
    /// Reads the file at `path` below `root`, without a byte-order mark.
    pub(crate) fn open(root: &Path, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<File> {
        let bytes = match std::fs::read(root.join(path)) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.push(Diagnostic::error(
                    Place::start_of(path),
                    format!("cannot read this file: {error}"),
                ));
                return None;
            }
        };
        let shown: PathBuf = path.to_string_lossy().replace('\\', "/").into();
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text
                    .strip_prefix('\u{feff}')
                    .map(str::to_owned)
                    .unwrap_or(text);
                Some(File {
                    path: shown.into(),
                    stem: stem(path),
                    text,
                })
            }
            Err(error) => {
                let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = sound.iter().filter(|byte| **byte == b'\n').count() + 1;
                let place = Place {
                    line,
                    ..Place::start_of(shown)
                };
                let hint = "save the file as UTF-8";
                problems.push(Diagnostic::error(place, "this line is not UTF-8 text").hint(hint));
                None
            }
        }
    }

    /// A file that makes a table or a source, or the folder that makes a
    /// delivery, is called what SQL can call it.
    pub(crate) fn check_name(&self, name: &str, problems: &mut Vec<Diagnostic>) {
        if !is_name(name) {
            let what = match name == self.stem {
                true => "file",
                false => "folder",
            };
            let message = format!("\"{name}\" cannot be the name of a table or a source");
            problems.push(
                Diagnostic::error(self.start(), message)
                    .hint(format!("rename the {what}: {NAME_HINT}")),
            );
        }
    }

    /// `id`, at the start of the file whose path it was made from.
    pub(crate) fn placed(&self, id: impl Into<String>) -> Placed<String> {
        Placed::new(id.into(), self.start())
    }

    pub(crate) fn start(&self) -> Place {
        Place {
            file: self.path.clone(),
            line: 1,
            column: 1,
            length: 1,
        }
    }

    /// SHA-256 (hex) of the text.
    pub(crate) fn hash(&self) -> String {
        hex(Sha256::digest(self.text.as_bytes()))
    }
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The file's name without its extension.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
