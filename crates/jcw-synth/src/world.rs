//! A world is a made-up Southend: families, what each child needs, and
//! everything that happens to them across the council, the health providers and
//! the integrated care board, day by day.
//!
//! A family is made from the seed and its own number and from nothing else, so
//! families can be made in any order, twice, or on two machines, and are the
//! same; nothing is held but the family being looked at. What partners *send*
//! about the world, with their faults, is the writers' business; what is *true*
//! of it is counted by [`crate::truth`].
//!
//! ```
//! let world = jcw_synth::world::World::new(100, 7, 2023..=2024)?;
//! let children: usize = world.families().map(|family| family.children.len()).sum();
//! assert_eq!(children, 100);
//! # Ok::<(), jcw_synth::world::WorldError>(())
//! ```

pub mod area;
pub mod calendar;
pub mod care;
mod chance;
pub mod commissioning;
pub mod education;
pub mod ehc;
pub mod ethnicity;
pub mod family;
pub mod health;
pub mod identifier;
mod name;
pub mod need;
pub mod place;
pub mod sen2;
pub mod setting;

pub use family::{Child, Family, Sex};

use chrono::NaiveDate;
use std::ops::RangeInclusive;

/// Most children a world can hold: identifiers are unique by construction up
/// to here.
pub const MOST_CHILDREN: u64 = 9_000_000;
/// The first and last calendar year that can be simulated. Plans exist since
/// September 2014, so 2016 is the first year with a past.
pub const YEARS: RangeInclusive<i32> = 2016..=2040;

/// What a family was called before, drawn from these bits.
pub(crate) fn former_surname(bits: u64) -> String {
    name::surname(&mut chance::Chance::new(bits, 0, chance::Purpose::Identity))
}

/// Why a world cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// Too many children, or none.
    #[error("a world has 1 to {MOST_CHILDREN} children, not {0}")]
    Children(u64),
    /// The years are the wrong way round or too far off.
    #[error("years run from {} to {} and forwards, not {first}..{last}", YEARS.start(), YEARS.end())]
    Years {
        /// First year asked for.
        first: i32,
        /// Last year asked for.
        last: i32,
    },
}

/// A made-up area with its children over some calendar years.
#[derive(Debug, Clone)]
pub struct World {
    children: u64,
    seed: u64,
    years: RangeInclusive<i32>,
}

impl World {
    /// The world of this many children, this seed and these calendar years.
    pub fn new(children: u64, seed: u64, years: RangeInclusive<i32>) -> Result<Self, WorldError> {
        if !(1..=MOST_CHILDREN).contains(&children) {
            return Err(WorldError::Children(children));
        }
        if years.is_empty() || !YEARS.contains(years.start()) || !YEARS.contains(years.end()) {
            return Err(WorldError::Years {
                first: *years.start(),
                last: *years.end(),
            });
        }
        Ok(Self {
            children,
            seed,
            years,
        })
    }

    /// How many children there are, over all the years.
    #[must_use]
    pub fn children(&self) -> u64 {
        self.children
    }

    /// What chance starts from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The calendar years simulated.
    #[must_use]
    pub fn years(&self) -> RangeInclusive<i32> {
        self.years.clone()
    }

    /// 1 January of the first year.
    #[must_use]
    pub fn first_day(&self) -> NaiveDate {
        calendar::day(*self.years.start(), 1, 1)
    }

    /// The census day after the last year. Nothing that happens later is in
    /// the world: it has not happened yet.
    #[must_use]
    pub fn last_day(&self) -> NaiveDate {
        calendar::census_day(*self.years.end() + 1)
    }

    /// The SEN2 return years: the January after each calendar year.
    pub fn return_years(&self) -> impl Iterator<Item = i32> + use<> {
        self.years.clone().map(|year| year + 1)
    }

    /// How many families there are.
    #[must_use]
    pub fn family_count(&self) -> u64 {
        family::count(self.children)
    }

    /// The family of this number, from 0 to [`World::family_count`].
    #[must_use]
    pub fn family(&self, number: u64) -> Family {
        family::make(self, number)
    }

    /// Every family, in order, made as it is asked for.
    pub fn families(&self) -> impl Iterator<Item = Family> + '_ {
        (0..self.family_count()).map(|number| self.family(number))
    }
}

#[cfg(test)]
mod tests;
