//! How much memory models may hold before they spill to disk: what
//! `pipelines/warehouse.yaml` says, or a share of what the machine has, or of what
//! its container may use. Each model gets a fair
//! part of it, and counting distinct texts spills badly: thirty such counts over
//! five million rows did not fit into 1 GiB.

use std::fs::read_to_string;

/// In bytes, whatever the machine has: what small warehouses need.
const LEAST: usize = 1 << 30;

/// What all models of a build, or all questions at a server, together may hold, in bytes: what the project says,
/// or half of the memory there is, for the engine counts what its operators hold
/// and not what passes through them.
pub fn for_models(said: Option<u64>) -> usize {
    if let Some(bytes) = said {
        return usize::try_from(bytes).unwrap_or(usize::MAX);
    }
    let machine = read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| total(&text));
    let container = read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let there_is: Option<usize> = machine.into_iter().chain(container).min();
    there_is.map_or(LEAST, |bytes| (bytes / 2).max(LEAST))
}

/// `MemTotal` in Linux's list of memory, in bytes.
fn total(meminfo: &str) -> Option<usize> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_memory_is_read_and_there_is_always_some() {
        let list = "MemFree:  1 kB\nMemTotal:       24538456 kB\n";
        assert_eq!(total(list), Some(24_538_456 * 1024));
        assert_eq!(total("MemTotal: many"), None);
        assert!(for_models(None) >= LEAST);
    }
}
