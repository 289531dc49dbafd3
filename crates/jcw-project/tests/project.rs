//! The project in this repository is read as every project is.

use jcw_project::{Level, Project, render};
use std::path::Path;
use std::time::Instant;

#[test]
fn the_project_in_this_repository_is_sound() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for _ in 0..8 { let start = Instant::now(); Project::load(&root, &|_: &str| None);     println!("{:?}", start.elapsed()); }
    let start = Instant::now();
    let (project, diagnostics) = Project::load(&root, &|_: &str| None);
    println!("{:?}", start.elapsed());
    println!("{}", render(&diagnostics, &root, false));
    println!("{}", diagnostics.iter().filter(|d| d.level == Level::Error).count());
    assert!(project.is_some());
}
