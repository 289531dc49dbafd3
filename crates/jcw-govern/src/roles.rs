//! [`Roles`] are those that the project has now: a server follows what its
//! administrator writes. Whoever was answered by what a role said before is answered
//! by it no longer, not even what is on its way.

use jcw_project::Role;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// See the module.
#[derive(Debug)]
pub(crate) struct Roles {
    now: RwLock<Arc<BTreeMap<String, Arc<Known>>>>,
}

/// A role as it was read.
#[derive(Debug)]
pub(crate) struct Known {
    /// What it says.
    pub(crate) role: Role,
    /// Of one role, no two have the same.
    pub(crate) edition: u64,
}

impl Roles {
    pub(crate) fn new(roles: &[Role]) -> Roles {
        let now = changed(&BTreeMap::new(), roles);
        Roles {
            now: RwLock::new(Arc::new(now)),
        }
    }

    /// From now on they are these. Those that say the same stay as they are.
    pub(crate) fn become_these(&self, roles: &[Role]) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        *now = Arc::new(changed(&now, roles));
    }

    /// The role of that name.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Known>> {
        self.all().get(id).cloned()
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> Arc<BTreeMap<String, Arc<Known>>> {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }

    /// Whether the role still says what it said then.
    pub(crate) fn stands(&self, then: &Known) -> bool {
        let now = self.get(&then.role.id.value);
        now.is_some_and(|now| now.edition == then.edition)
    }
}

fn changed(before: &BTreeMap<String, Arc<Known>>, roles: &[Role]) -> BTreeMap<String, Arc<Known>> {
    let next = before.values().map(|known| known.edition + 1).max();
    let next = next.unwrap_or_default();
    let each = roles.iter().map(|role| {
        let id = role.id.value.clone();
        let known = before.get(&id).filter(|known| known.role == *role).cloned();
        let new = || {
            Arc::new(Known {
                role: role.clone(),
                edition: next,
            })
        };
        (id, known.unwrap_or_else(new))
    });
    each.collect()
}
