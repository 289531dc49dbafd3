//! To come.
use crate::world::{World, family::Child};
pub(crate) fn simulate(_child: &mut Child, _world: &World) {}
