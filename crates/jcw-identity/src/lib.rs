//! Identity is who a row is about. What names a person is kept in the vault;
//! the lake has a keyed pseudonym, a month of birth and an area in its place.
//! This is the only crate that sees a raw identifier after the contract.
