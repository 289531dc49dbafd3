//! Turns batches of text into typed rows and rejects, as a contract says.
//!
//! The nouns, in the order a row meets them:
//!
//! 1. a [`Checker`] is a contract made ready; the known values of other tables
//!    come with [`References`], either as text or as [`KnownValues`] gathered from
//!    a typed table;
//! 2. a [`Binding`] says which label of a file is which column, or the file is
//!    refused with [`FileFault`]s;
//! 3. [`Checker::check`] turns a batch of text that came in a [`Delivery`] into
//!    a [`Checked`]: rows that load, and rejects ([`reject_schema`]);
//! 4. a [`KeyIndex`] finds keys that may not be unique in the file, and
//!    [`Withheld`] judges the rows that have them.
//!
//! A [`Document`] is the contract itself, as a partner is sent it.
//!
//! A *text batch* has one `Utf8View` column for each label of the file, as the
//! label stands there, and `_row` (Int64, the line or sheet row). A cell that is
//! not there is null.
//!
//! # What becomes of a cell
//! Text is trimmed of anything that cannot be seen. Then the first that fits:
//! a declared symbol (exactly, case and all), a blank, a value of the kind.
//!
//! | cell | value | status | breach |
//! |---|---|---|---|
//! | a symbol | the symbol's value, or null | the symbol's | |
//! | blank | null | `missing` | `required`, where required |
//! | a value | the value | `ok` | `range`, `pattern`, where outside |
//! | anything else | null | `invalid` | `type`, `code` or `scale` |
//!
//! A breach rejects the row unless the column only warns; then the row loads as
//! the table says, except that an unknown code keeps its own text.
//!
//! Of a faulty date, one with day and month changed over breaks `day-month`
//! instead of `type`; of an NHS number, one of the range kept for tests breaks
//! `test-number`. Neither is kept.
//!
//! Three things are always only reported: a number worked out by a machine and
//! rounded to the column's scale (`rounded`), a time at which the clocks change
//! (`clock-change`), and a day that stands for no day, which is taken for blank
//! (`filler`; in a required column it breaks `required`).
//!
//! A key is judged among the rows that nothing else rejects.

mod bind;
mod breach;
mod canonical;
mod checker;
mod column;
mod date;
mod delivery;
mod document;
mod error;
mod expression;
mod function;
pub mod identifier;
mod key;
mod kind;
mod known_values;
mod lookup;
mod number;
mod plan;
mod reference;
mod reject;
mod row_count;
mod symbol;
mod table;
#[cfg(test)]
mod testing;
mod text;
mod withheld;
mod zone;

pub use bind::{Binding, FileFault};
pub use breach::{RuleCount, RuleCounts};
pub use canonical::header_values;
pub use checker::{Checked, Checker};
pub use delivery::Delivery;
pub use document::{Block, Document};
pub use error::Error;
pub use function::functions;
pub use key::{KeyIndex, Keys, Suspects};
pub use known_values::KnownValues;
pub use plan::check_rules;
pub use reference::References;
pub use reject::{MalformedRow, reject_malformed, reject_schema};
pub use row_count::check_row_count;
pub use symbol::STATUS_INVALID;
pub use text::fold_label;
pub use withheld::{Settled, Withheld, WithheldRows};
