//! The [`Shelf`] is what somebody may have by Delta Sharing: tables of one
//! release that leave as they are, for their role sees all of each.

use super::refusal::{Refusal, Result};
use crate::house::{House, address};
use crate::http::caller::Caller;
use axum::extract::FromRequestParts;
use http::request::Parts;
use jcw_govern::{Asking, Door, Parcel, Principal, ReleaseChoice, Session};
use jcw_lake::{Listing, Pin};
use jcw_login::Pass;
use std::net::IpAddr;

/// The one share.
pub(super) const SHARE: &str = "warehouse";
/// The one schema of which tables are shared.
pub(super) const SCHEMA: &str = "published";

/// Who asks at this door.
pub(super) struct Asker {
    pub(super) principal: Principal,
    pub(super) pass: Pass,
    /// Why, where they say.
    pub(super) purpose: Option<String>,
    /// Where the connection comes from.
    pub(super) from: Option<IpAddr>,
}

impl FromRequestParts<House> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self> {
        let caller = Caller::known(house, Door::Sharing, parts).await?;
        let purpose = parts.headers.get("x-jcw-purpose");
        let purpose = purpose.and_then(|purpose| purpose.to_str().ok());
        Ok(Asker {
            principal: caller.principal,
            pass: caller.pass,
            purpose: purpose.map(str::to_owned),
            from: address(&parts.extensions),
        })
    }
}

/// Tables that leave as they are.
pub(super) struct Shelf {
    session: Session,
}

impl Shelf {
    /// What the asker may have of a release.
    ///
    /// # Errors
    /// When there is no such release, or no such role any more.
    pub(super) async fn of(house: &House, asker: Asker, release: ReleaseChoice) -> Result<Shelf> {
        let asking = Asking {
            door: Door::Sharing,
            purpose: asker.purpose,
            release,
        };
        let session = house.governor.session(asker.principal, asking).await?;
        let session = house.hold(session, &asker.pass).asked_from(asker.from);
        Ok(Shelf { session })
    }

    /// The session by which it is known.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The release, by its number: what the protocol calls a table's version,
    /// for a release never mixes and its number only grows.
    pub(super) fn version(&self) -> u64 {
        self.session.release().sequence
    }

    /// Names of the tables, in order, without their schema.
    pub(super) fn tables(&self) -> Vec<&str> {
        let visible = self.session.visible().tables.values();
        (visible.filter(|table| table.schema_name == SCHEMA))
            .filter(|table| self.pin(&table.name).is_some())
            .map(|table| table.name.as_str())
            .collect()
    }

    /// A table's version in the lake, if it is on the shelf.
    fn pin(&self, name: &str) -> Option<Pin> {
        let full = format!("{SCHEMA}.{name}");
        let visible = self.session.visible().tables.get(&full)?;
        let role = self.session.role();
        let is_cut = role.rows.contains_key(&full)
            || role.masks.contains_key(&full)
            || role.hides.contains_key(&full);
        let pin = self.session.release().contents.tables.get(&full)?;
        (!is_cut && !visible.is_view).then_some(*pin)
    }

    /// A table's files.
    ///
    /// # Errors
    /// When it is not on the shelf, which is as if it were not there.
    pub(super) async fn listing(&self, house: &House, name: &str) -> Result<Listing> {
        let pin = self.pin(name).ok_or_else(Refusal::missing)?;
        let full = format!("{SCHEMA}.{name}");
        let table = house.governor.lake().table_at(&full, pin.version).await;
        let table = table.map_err(Refusal::unavailable)?;
        let visible = self
            .session
            .visible()
            .tables
            .get(&full)
            .ok_or_else(Refusal::missing)?;
        // Whatever the role says: a column that the session does not show does
        // not leave in a file either.
        let stored = table.schema().fields().iter().map(|field| field.name());
        if !stored.eq(visible.schema.fields().iter().map(|field| field.name())) {
            return Err(Refusal::missing());
        }
        table.listing().map_err(Refusal::unavailable)
    }

    /// Notes in the query log that so much of a table begins to leave.
    ///
    /// # Errors
    /// When that cannot be noted, and so nothing may leave.
    pub(super) fn gives(&self, name: &str, rows: u64, bytes: u64) -> Result<Parcel> {
        let table = format!("{SCHEMA}.{name}");
        Ok(self.session.gives_file(&table, rows, bytes)?)
    }

    /// Whether a table is on the shelf.
    pub(super) fn has(&self, name: &str) -> bool {
        self.pin(name).is_some()
    }
}
