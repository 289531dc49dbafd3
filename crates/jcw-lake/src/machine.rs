//! A [`Machine`] says where a process runs, precisely enough that the same
//! machine can tell whether that very process is gone.

use serde::{Deserialize, Serialize};

/// One process on one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    host: String,
    /// Differs between boots and between containers, whose process numbers mean
    /// different things. Empty where the system does not tell.
    boot: String,
    pid: u32,
    /// When the process began, in the system's own units: process numbers are
    /// used again. Empty where the system does not tell.
    started: String,
}

impl Machine {
    /// This process.
    pub(crate) fn this() -> Machine {
        let pid = std::process::id();
        let started = match look_up(pid) {
            Found::Running { started } => started,
            _ => String::new(),
        };
        Machine {
            host: host(),
            boot: boot(),
            pid,
            started,
        }
    }

    /// Whether the process can be seen to have ended. False when that cannot be
    /// seen from here.
    pub(crate) fn is_gone(&self) -> bool {
        if self.boot.is_empty() || self.host != host() || self.boot != boot() {
            return false;
        }
        match look_up(self.pid) {
            Found::Nothing => true,
            Found::Running { started } => !self.started.is_empty() && started != self.started,
            Found::CannotTell => false,
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

enum Found {
    Running { started: String },
    Nothing,
    CannotTell,
}

/// Linux tells all of it in `/proc`; elsewhere a lease ends only with time.
fn look_up(pid: u32) -> Found {
    if !std::path::Path::new("/proc/self/stat").exists() {
        return Found::CannotTell;
    }
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return Found::Nothing;
    };
    // The second field is the program's name in brackets, and may hold anything.
    let fields: Vec<&str> = match stat.rsplit_once(')') {
        Some((_, rest)) => rest.split_whitespace().collect(),
        None => return Found::CannotTell,
    };
    match (fields.first(), fields.get(19)) {
        // Killed, and waiting for its parent to notice.
        (Some(&"Z" | &"X"), _) => Found::Nothing,
        (_, Some(started)) => Found::Running {
            started: (*started).to_owned(),
        },
        _ => Found::CannotTell,
    }
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .or_else(|_| std::env::var("HOSTNAME"))
        .or_else(|_| std::env::var("COMPUTERNAME"))
        .unwrap_or_else(|_| "unknown".into())
}

fn boot() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let processes = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    if boot.is_empty() {
        String::new()
    } else {
        format!("{} {}", boot.trim(), processes.display())
    }
}

#[cfg(test)]
impl Machine {
    /// Another process of this machine.
    pub(crate) fn of(pid: u32) -> Machine {
        Machine {
            pid,
            started: String::new(),
            ..Machine::this()
        }
    }

    /// A process that cannot be seen from here.
    pub(crate) fn elsewhere() -> Machine {
        Machine {
            host: "elsewhere".into(),
            boot: "another".into(),
            pid: 1,
            started: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_not_gone() {
        assert!(!Machine::this().is_gone());
    }

    #[test]
    fn a_process_that_was_killed_is_gone_even_before_its_parent_notices() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let machine = Machine::of(child.id());
        assert!(!machine.is_gone());
        child.kill().unwrap();
        let began = std::time::Instant::now();
        while !machine.is_gone() {
            assert!(began.elapsed().as_secs() < 120, "a zombie holds nothing");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        child.wait().unwrap();
        assert!(machine.is_gone());
    }

    #[test]
    fn another_process_with_the_same_number_is_not_the_holder() {
        assert!(
            Machine {
                started: "1".into(),
                ..Machine::this()
            }
            .is_gone()
        );
    }

    #[test]
    fn a_process_elsewhere_cannot_be_seen_to_be_gone() {
        assert!(
            !Machine {
                host: "elsewhere".into(),
                pid: 999_999_999,
                ..Machine::this()
            }
            .is_gone()
        );
        assert!(
            !Machine {
                boot: "another".into(),
                pid: 999_999_999,
                ..Machine::this()
            }
            .is_gone()
        );
    }
}
