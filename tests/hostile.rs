//! XML that means harm, or is broken: a clear error, nothing loaded, nothing of
//! a person said.

use crate::harness::{Project, Ran, repository};

/// Five made-up children, as the council sends them.
fn sound() -> String {
    std::fs::read_to_string(repository().join("tests/fixtures/sen2/SEN2_882_2025.xml")).unwrap()
}

/// What a partner is told of a return.
#[track_caller]
fn told(content: impl AsRef<[u8]>) -> Ran {
    let project = Project::southend();
    project.write("SEN2_882_2025.xml", content);
    let check = ["contract", "check", "council/sen2", "SEN2_882_2025.xml"];
    let ran = project.jcw(&check).exits(4);
    let upn = sound();
    let upn = upn
        .split("<UPN>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    ran.does_not_say(&[upn])
}

/// The return with something before its root.
fn with_prologue(prologue: &str) -> String {
    sound().replacen("<Message", &format!("{prologue}<Message"), 1)
}

#[test]
fn n47_entities_that_swell_are_refused_before_they_are_read() {
    let laughs = r#"<!DOCTYPE Message [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>"#;
    told(with_prologue(laughs)).says(&["rejected", "document type"]);
    let outside = r#"<!DOCTYPE Message [<!ENTITY file SYSTEM "file:///etc/passwd">]>"#;
    told(with_prologue(outside)).says(&["rejected", "document type"]);
    told(sound().replacen("<Surname>", "<Surname>&who;", 1))
        .says(&["rejected", "a reference on line"]);
}

#[test]
fn n49_depth_and_length_have_bounds() {
    let deep = format!("{}{}", "<A>".repeat(100_000), "</A>".repeat(100_000));
    told(sound().replacen("<Persons>", &format!("<Persons>{deep}"), 1))
        .says(&["rejected", "elements within elements"]);
    let long = "x".repeat(8 << 20);
    let ran = told(sound().replacen("<Surname>", &format!("<Surname>{long}"), 1));
    ran.says(&["rejected", "max_line_bytes"]);
}

#[test]
fn n50_half_a_return_is_held_and_a_broken_one_refused() {
    let text = sound();
    told(&text[..text.len() / 2]).says(&["held"]);
    told(text.replacen("</Surname>", "</Forename>", 1)).says(&["rejected", "line"]);
}

#[test]
fn n51_an_encoding_that_the_bytes_are_not_in_is_refused() {
    let mut bytes = sound().into_bytes();
    let place = bytes
        .windows(9)
        .position(|part| part == b"<Surname>")
        .unwrap()
        + 9;
    bytes.splice(place..place, [0xe9, 0x20]);
    told(bytes).says(&["rejected", "encoding"]);
}

#[test]
fn n54_remarks_and_cdata_within_a_value_are_read_through() {
    let text = sound();
    let place = text.find("<Surname>").unwrap() + 9;
    let mut other = text.clone();
    other.insert_str(place, "<!-- checked --><![CDATA[O'<Brien>]]><?note x?>");
    let project = Project::southend();
    project.write("SEN2_882_2025.xml", other);
    let check = ["contract", "check", "council/sen2", "SEN2_882_2025.xml"];
    project.jcw(&check).succeeds().says(&["5 rows, 5 kept"]);
}
