//! The governed session: the only way in which somebody other than the
//! warehouse itself asks anything.
//!
//! A [`Governor`] is made once for a server. It gives a [`Session`] to a
//! principal: one release, and the tables, columns and rows of it that the
//! principal's role may see, and nothing else. A session makes a [`Statement`]
//! from SQL, which is one read-only query with its promised columns, or a
//! refusal. A statement is run to an [`Answer`], a stream of batches, within the
//! role's limits; when the answer ends, is dropped or fails, one row of it goes
//! into the query log.
//!
//! Every door uses these four nouns and no other way to the data. What a
//! session shows of its tables ([`Visible`]) is all that metadata may tell.

mod admission;
mod allowed;
mod answer;
#[cfg(test)]
mod attack_tests;
mod barrier;
mod books;
#[cfg(test)]
mod books_tests;
mod capability;
mod described;
mod error;
mod explain;
mod functions;
mod governor;
mod growth;
#[cfg(test)]
mod growth_tests;
mod held;
mod information;
mod leak_proof;
mod limits;
mod log;
mod names;
#[cfg(test)]
mod oracle_tests;
mod outlet;
mod parcel;
mod planned;
mod policy;
mod public;
mod refusal;
mod release_tables;
mod releases;
#[cfg(test)]
mod releases_tests;
mod roles;
mod scope;
mod session;
mod statement;
#[cfg(test)]
mod statement_tests;
mod steps;
mod table;
mod text;
mod visible;
mod wildcard;
#[cfg(test)]
mod world;

pub use answer::{Answer, Cancel};
pub use books::{Books, Reads};
pub use error::{GovernError, Kind, Spot};
pub use governor::{Governor, Settings};
pub use jcw_login::{Method, Principal};
pub use limits::{Capacity, Load};
pub use log::{Break, Chain, Ended, Noted, QUERY_LOG, Verified, verify_log};
pub use outlet::{outlet_batch, outlet_schema};
pub use parcel::Parcel;
pub use session::{Asking, Door, ReleaseChoice, Session};
pub use statement::{Statement, all_exactly, exactly};
pub use text::measure;
pub use visible::{ForeignKey, Visible, VisibleColumn, VisibleTable};
