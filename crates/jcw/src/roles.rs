//! A server follows its [`RolesFile`], `pipelines/roles.yaml`: what a role may see no
//! longer is not seen from then on, without a restart.

use jcw_project::{Diagnostic, Level, ProcessEnvironment};
use jcw_serve::House;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// See the module.
pub(crate) struct RolesFile {
    root: PathBuf,
    /// As it was when the server began to read it.
    taken: Stamp,
}

/// By which it is seen that the file has changed; nothing where there is none.
type Stamp = Option<(SystemTime, u64)>;

impl RolesFile {
    /// That of the project in this folder, as it is now.
    pub(crate) fn of(root: &Path) -> RolesFile {
        RolesFile {
            root: root.to_owned(),
            taken: stamp(root),
        }
    }

    /// Takes the roles when they have changed. Half of a file may allow more than the
    /// whole, so one that was not the same at two looks is not read yet.
    pub(crate) async fn follow(mut self, house: House) {
        let mut seen = self.taken;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = stamp(&self.root);
            let is_still = now == std::mem::replace(&mut seen, now);
            if now != self.taken && is_still {
                self.take(now, &house).await;
            }
        }
    }

    async fn take(&mut self, now: Stamp, house: &House) {
        // A project without the file has one role, and nothing restricts that.
        if now.is_none() {
            tracing::error!("pipelines/roles.yaml is gone; the roles of before stay");
            self.taken = now;
            return;
        }
        let root = self.root.clone();
        let checked =
            tokio::task::spawn_blocking(move || jcw_run::check(&root, &ProcessEnvironment));
        match checked.await {
            // Somebody wrote meanwhile; the next look takes it.
            Ok(_) if stamp(&self.root) != now => return,
            Ok((Some(project), _)) => {
                house.follow(&project.roles);
                tracing::info!("the roles were read again");
            }
            Ok((None, problems)) => tracing::error!(
                problem = first(&problems),
                "the project has problems and the roles of before stay; `jcw check` tells all"
            ),
            Err(error) => tracing::error!(%error, "the roles could not be read again"),
        }
        self.taken = now;
    }
}

fn stamp(root: &Path) -> Stamp {
    let metadata = std::fs::metadata(root.join("pipelines/roles.yaml")).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn first(problems: &[Diagnostic]) -> String {
    let error = problems
        .iter()
        .find(|problem| problem.level == Level::Error);
    error.map(ToString::to_string).unwrap_or_default()
}
