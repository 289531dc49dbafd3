//! A delivery is one part of one file on its way through a contract: what every
//! row of a batch has in common, and what a reject must say of its origin.

/// Where a batch comes from.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Id of the source: `eput/sitrep`.
    pub source: &'a str,
    /// Id of the run.
    pub run: &'a str,
    /// The table its rows are for: `eput.csds_referral`.
    pub table: &'a str,
    /// SHA-256 of the file in hex, or what stands for a delivery of several files.
    pub extract: &'a str,
    /// Name of the file as the partner gave it.
    pub file: &'a str,
    /// Name of the sheet, where the file has sheets.
    pub sheet: Option<&'a str>,
}
