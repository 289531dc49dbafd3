//! The demo that a newcomer runs first, on few children.

use crate::harness::Project;

/// As few children and months as still go the whole way.
const FEW: [&str; 5] = ["demo", "--children", "60", "--years", "2025..2025"];

#[test]
fn the_demo_goes_the_whole_way_and_ends_with_a_page_that_needs_nothing_beside_itself() {
    let project = Project::southend();
    project.jcw(&FEW).succeeds().says(&[
        "Published r00000001",
        "What a commissioner looks at first (made-up figures)",
        "The page:",
        "What to try next",
    ]);
    let page = project.read("demo.html");
    for said in [
        "none of these children exists",
        "Requests for an assessment",
        "Plans within twenty weeks",
        "Twenty weeks: what is coming",
        "Advice by service, beside its waiting list",
        "Section G",
        "Waiting for therapy while needs are assessed",
        "Money by who pays",
        "What the area has promised",
        "were kept back",
        "r00000001",
    ] {
        assert!(page.contains(said), "the page does not say {said}");
    }
    for from_outside in ["http://", "https://", "<script", "<link", "<img", "src="] {
        assert!(!page.contains(from_outside), "{from_outside}");
    }
    for file in project.status() {
        assert_eq!(file["closes"], serde_json::json!(true), "{file}");
    }
    project.jcw(&FEW).succeeds().says(&["Nothing to do"]);

    let more = ["demo", "--children", "61", "--years", "2025..2025"];
    project.jcw(&more).exits(1).says(&["another demo"]);
    project
        .jcw(&["demo", "--out", "two"])
        .exits(1)
        .says(&["--lake"]);
}

#[test]
fn the_demo_never_mixes_with_real_files() {
    let project = Project::southend();
    project.write("extracts/requests.csv", "real");
    project.jcw(&["demo"]).exits(1).says(&["--out"]);
    Project::starter()
        .jcw(&["demo", "--out", "one"])
        .exits(1)
        .says(&["a checkout"]);
}
