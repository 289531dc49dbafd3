//! Where queries spill: a private folder of this server, held by a lock, which goes
//! with it. One whose server was killed holds rows of whoever asked; the next
//! start removes it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

const PREFIX: &str = "jcw-spill-";

/// A folder that is younger may be about to be locked.
const YOUNG: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Debug)]
pub(super) struct Spill {
    folder: TempDir,
    _lock: File,
}

impl Spill {
    /// Makes one below `parent`, and removes those that nobody holds.
    pub(super) fn open(parent: &Path) -> io::Result<Spill> {
        remove_left(parent);
        let mut builder = tempfile::Builder::new();
        let private = std::fs::Permissions::from_mode(0o700);
        let folder = builder
            .prefix(PREFIX)
            .permissions(private)
            .tempdir_in(parent)?;
        let lock = lock(folder.path())?;
        lock.try_lock()?;
        Ok(Spill {
            folder,
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn lock(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    (options.create(true).truncate(false).write(true).mode(0o600)).open(folder.join("lock"))
}

/// What cannot be removed is somebody else's, or goes at the next start.
fn remove_left(parent: &Path) {
    let folders = std::fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in folders {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let metadata = entry.metadata().ok().filter(|metadata| metadata.is_dir());
        let age = metadata.and_then(|metadata| metadata.modified().ok()?.elapsed().ok());
        if !is_ours || age.is_none_or(|age| age < YOUNG) {
            continue;
        }
        let folder = entry.path();
        let Ok(lock) = lock(&folder) else { continue };
        if lock.try_lock().is_ok() {
            match std::fs::remove_dir_all(&folder) {
                Ok(()) => tracing::info!("what a killed server had spilled is removed"),
                Err(error) => tracing::warn!(%error, "what was spilled cannot be removed"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn what_a_killed_server_had_spilled_is_removed_and_what_is_held_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let old = |folder: &Path| {
            let hour = SystemTime::now() - Duration::from_secs(3_600);
            File::open(folder).unwrap().set_modified(hour).unwrap();
        };
        let left = |name: &str| {
            let folder = parent.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("lock"), "").unwrap();
            std::fs::write(folder.join("rows"), "somebody's").unwrap();
            folder
        };
        let dead = left("jcw-spill-dead");
        let (young, other) = (left("jcw-spill-young"), left("other-spill"));
        old(&dead);
        old(&other);
        let held = Spill::open(parent.path()).unwrap();
        assert!(!dead.exists());
        assert!(young.exists() && other.exists());
        old(held.path());
        let next = Spill::open(parent.path()).unwrap();
        assert!(held.path().join("lock").exists());
        assert_ne!(held.path(), next.path());
        let path = held.path().to_owned();
        drop(held);
        assert!(!path.exists());
    }
}
