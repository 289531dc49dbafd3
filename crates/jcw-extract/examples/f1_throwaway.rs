//! Temporary.
use jcw_project::*;
use std::path::Path;
fn main() {
    let root = Path::new("/work/main");
    let env = |_: &str| -> Option<String> { None };
    let (project, diags) = Project::load(root, &env);
    println!("{}", render(&diags, root, false));
    let project = project.unwrap();
    let data = Path::new("/work/shared/data/dfe_ehc_plans_2025");
    for s in project.sources.iter().filter(|s| s.partner == "council") {
        let c = project.contracts.iter().find(|c| c.id.value == s.contract.value).unwrap();
        let pat = s.files[0].value.rsplit('/').next().unwrap().replace("*", "2014_2024");
        let path = data.join(&pat);
        let mut reader = match jcw_extract::open(c, &s.limits, &pat, &path) { Ok(r) => r, Err(e) => { println!("{pat} OPEN {e}"); continue } };
        let (mut rec, mut mal) = (0, 0);
        while let Some(p) = reader.next_piece() {
            let rows = p.unwrap().into_rows().unwrap();
            for m in &rows.malformed { println!("  MAL {} {} {}", m.row, m.reason, m.text); }
            mal += rows.malformed.len(); rec += rows.batch.num_rows();
            if pat.starts_with("send") {
                let b = &rows.batch;
                println!("{:?}", b.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>());
                for i in [0usize, 10, 11, 900, 1000, b.num_rows() - 12, b.num_rows() - 1] {
                    let v: Vec<String> = b.columns().iter().map(|c| arrow::util::display::array_value_to_string(c, i).unwrap()).collect();
                    println!("{v:?}");
                }
            }
        }
        println!("{pat}: rows {rec} malformed {mal} {:?}", reader.finish());
    }
}
