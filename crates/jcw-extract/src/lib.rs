//! Where a partner's files come from, and how they are read into batches of
//! text.
//!
//! In the order a file travels: [`list`] finds what a source's `files` name and
//! gives a [`RemoteFile`] for each; the file is streamed away to be kept byte
//! for byte; [`open`] reads the kept copy by the contract's layout into
//! [`Piece`]s, and each piece becomes [`Rows`], on any thread. What a cell
//! *means* is none of this crate's business: it hands on the partner's text,
//! with the labels the partner gave it and the line it stood on.
//!
//! An XML file holds several tables: [`take_apart`] makes each of them an
//! [`XmlPart`], which is then opened and read as a file is.

mod archive;
mod cell;
mod columns;
mod csv;
mod decode;
mod error;
mod footer;
mod header;
mod json_lines;
mod label;
mod listing;
mod location;
mod magic;
mod open;
mod parquet;
mod plan;
mod read_error;
mod reader;
#[cfg(test)]
mod real_files;
mod record;
mod remote;
mod sheet;
mod table;
mod tally;
#[cfg(test)]
mod testing;
mod text_blocks;
mod unpivot;
mod web;
mod xml;

pub use error::Error;
pub use label::fold as fold_label;
pub use listing::{Listing, Refused, list};
pub use open::open;
pub use read_error::{ReadError, Standing};
pub use reader::{Malformed, Piece, ROW_LABEL, Reader, Rows};
pub use remote::{Fetched, RemoteFile, Seen, Stillness};
pub use tally::{Summary, Warning};
pub use xml::{XmlPart, XmlTable, take_apart};
