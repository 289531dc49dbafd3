//! Identity is who a row is about. What names a person is kept in the vault;
//! the lake has a keyed pseudonym, a month of birth and an area in its place.
//! This is the only crate that sees a raw identifier after the contract.
//!
//! A [`Key`] makes pseudonyms; a [`Gate`] divides the typed rows of a contract
//! into those for the lake and those for the vault; [`Postcodes`] says in which
//! area a postcode lies.

pub mod canonical;
mod gate;
mod key;
pub mod link;
mod postcode;
mod report;

pub use gate::{Gate, GateError, Passed, needs_key};
pub use key::{Domain, Key, KeyError};
pub use postcode::{PostcodeError, Postcodes};
pub use report::{Accuracy, Report};
