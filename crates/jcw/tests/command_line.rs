//! The binary as it is built. That this test exists makes `cargo test` build
//! the binary, which the tests at the top drive.

use std::process::Command;

#[test]
fn the_help_names_every_exit_code() {
    let output = Command::new(env!("CARGO_BIN_EXE_jcw"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for code in 0..=5 {
        assert!(help.contains(&format!("\n  {code}  ")), "{code}: {help}");
    }
}
