//! A nickname is another given name for the same person. The short list of
//! English ones that no measure of likeness finds.

const GROUPS: [&[&str]; 24] = [
    &["ALEXANDER", "ALEXANDRA", "SANDY", "XANDER", "LEXI", "SASHA"],
    &["ALFRED", "FRED", "FREDDIE", "FREDERICK"],
    &["ARTHUR", "ART", "ARTIE"],
    &["CATHERINE", "KATHERINE", "KATE", "KATIE", "KITTY", "CATH"],
    &["CHARLOTTE", "LOTTIE"],
    &["EDWARD", "TED", "TEDDY", "NED", "EDDIE"],
    &[
        "ELIZABETH",
        "BETH",
        "BETTY",
        "LIZ",
        "LIZZIE",
        "LIBBY",
        "ELSIE",
        "ELIZA",
    ],
    &["EMEKA", "CHUKWUEMEKA"],
    &["FLORENCE", "FLO", "FLOSSIE"],
    &["HARRIET", "HATTIE"],
    &["HENRY", "HARRY", "HAL"],
    &["ISABELLA", "BELLA", "IZZY"],
    &["JAMES", "JIM", "JIMMY", "JAMIE"],
    &["JOHN", "JACK", "JOHNNY"],
    &["MARGARET", "MAISIE", "MEG", "PEGGY", "DAISY"],
    &["MARY", "MOLLY", "POLLY"],
    &["MATILDA", "TILLY", "TILDA"],
    &["MUHAMMAD", "MOHAMMED", "MOHAMED", "MOHAMMAD", "MUHAMMED"],
    &["OLIVER", "OLLIE"],
    &["RICHARD", "DICK", "RICKY"],
    &["ROBERT", "BOB", "BOBBY", "BERTIE"],
    &["THEODORE", "THEO", "TED", "TEDDY"],
    &["WILLIAM", "BILL", "BILLY", "WILL"],
    &["ZOFIA", "SOFIA", "SOPHIA", "SOPHIE"],
];

/// Whether both are names for the same person.
pub(crate) fn is_nickname(a: &str, b: &str) -> bool {
    (GROUPS.iter()).any(|group| group.contains(&a) && group.contains(&b))
}
