//! What there is: the share, its schema, its tables. Somebody who may have no
//! table sees no share.

use super::page::Page;
use super::refusal::{Refusal, Result};
use super::shelf::{Asker, SCHEMA, SHARE, Shelf};
use crate::house::House;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use jcw_govern::ReleaseChoice;
use serde_json::{Value, json};

type Paged = std::result::Result<Query<Page>, QueryRejection>;

/// The shares: one, or none.
pub(super) async fn shares(
    State(house): State<House>,
    asker: Asker,
    page: Paged,
) -> Result<Json<Value>> {
    let shelf = Shelf::of(&house, asker, ReleaseChoice::Newest).await?;
    let is_there = !shelf.tables().is_empty();
    let shares = is_there.then(|| json!({"name": SHARE}));
    Ok(Json(paged(page)?.of(shares.into_iter().collect())?))
}

/// One share.
pub(super) async fn share(
    State(house): State<House>,
    asker: Asker,
    Path(share): Path<String>,
) -> Result<Json<Value>> {
    shelf(&house, asker, &share, SCHEMA).await?;
    Ok(Json(json!({"share": {"name": SHARE}})))
}

/// The schemas of a share: one.
pub(super) async fn schemas(
    State(house): State<House>,
    asker: Asker,
    Path(share): Path<String>,
    page: Paged,
) -> Result<Json<Value>> {
    shelf(&house, asker, &share, SCHEMA).await?;
    let schema = json!({"name": SCHEMA, "share": SHARE});
    Ok(Json(paged(page)?.of(vec![schema])?))
}

/// The tables of a schema.
pub(super) async fn tables(
    State(house): State<House>,
    asker: Asker,
    Path((share, schema)): Path<(String, String)>,
    page: Paged,
) -> Result<Json<Value>> {
    let shelf = shelf(&house, asker, &share, &schema).await?;
    let tables = shelf.tables().into_iter();
    let tables = tables.map(|name| json!({"name": name, "schema": SCHEMA, "share": SHARE}));
    Ok(Json(paged(page)?.of(tables.collect())?))
}

/// The tables of a share.
pub(super) async fn all_tables(
    state: State<House>,
    asker: Asker,
    Path(share): Path<String>,
    page: Paged,
) -> Result<Json<Value>> {
    tables(state, asker, Path((share, SCHEMA.to_owned())), page).await
}

/// What the asker may have of the newest release, in a share and schema that
/// are there for them.
async fn shelf(house: &House, asker: Asker, share: &str, schema: &str) -> Result<Shelf> {
    let shelf = Shelf::of(house, asker, ReleaseChoice::Newest).await?;
    let is_it = share.eq_ignore_ascii_case(SHARE) && schema.eq_ignore_ascii_case(SCHEMA);
    match is_it && !shelf.tables().is_empty() {
        true => Ok(shelf),
        false => Err(Refusal::missing()),
    }
}

fn paged(page: Paged) -> Result<Page> {
    let page = page.map_err(|_| Refusal::malformed("maxResults is a number that is not negative"));
    Ok(page?.0)
}
