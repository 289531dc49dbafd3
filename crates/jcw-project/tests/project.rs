//! The project in this repository, read as any project is.

use jcw_project::{Project, render};
use std::path::Path;

#[test]
fn the_project_in_this_repository_is_sound() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (project, diagnostics) = Project::load(&root, &|_: &str| None);
    assert!(project.is_some(), "{}", render(&diagnostics, &root, false));
}
