//! A submission is what a health provider sends about one month in one of two
//! windows: the primary one, soon after, with a few rows late and a few cells
//! still blank; and the refresh, a month later, which is complete.

use crate::mess::{Context, mixed};
use crate::world::World;
use crate::world::calendar::{after, month_end, months, next_month};
use crate::world::health::{Provider, lighthouse_transfer};
use chrono::{Datelike, NaiveDate};

/// One submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submission {
    pub(crate) provider: Provider,
    /// First day of the month.
    pub(crate) month: NaiveDate,
    pub(crate) window: Window,
    /// Number of the submission, six digits.
    pub(crate) id: String,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    Primary,
    Refresh,
}

impl Submission {
    /// Every submission of a provider about the world's years, in order.
    pub(crate) fn all(world: &World, provider: Provider) -> Vec<Submission> {
        let last = month_end(crate::world::calendar::day(*world.years().end(), 12, 1));
        months(world.first_day(), last)
            .filter(|month| provider != Provider::Eput || *month >= lighthouse_transfer())
            .flat_map(|month| {
                [Window::Primary, Window::Refresh].map(|window| Submission {
                    provider,
                    month,
                    window,
                    id: number(provider, month, window),
                })
            })
            .collect()
    }

    /// Last day of the month.
    pub(crate) fn last_day(&self) -> NaiveDate {
        month_end(self.month)
    }

    /// Day on which the provider made it.
    pub(crate) fn made(&self) -> NaiveDate {
        let next = next_month(self.month);
        match self.window {
            Window::Primary => after(next, 17),
            Window::Refresh => after(next_month(next), 17),
        }
    }

    /// Day on which the board took the copy that has it.
    pub(crate) fn taken(&self) -> NaiveDate {
        after(next_month(self.made()), 14)
    }

    /// `primary` or `refresh`.
    pub(crate) fn window_name(&self) -> &'static str {
        match self.window {
            Window::Primary => "primary",
            Window::Refresh => "refresh",
        }
    }

    /// One record in so many is not in the primary submission, or not whole;
    /// the same ones whenever it is asked.
    pub(crate) fn lacks(&self, id: u64, one_in: u64) -> bool {
        self.window == Window::Primary && mixed(id ^ one_in).is_multiple_of(one_in)
    }

    /// What the submission says about all of its rows.
    pub(crate) fn context(&self) -> Context {
        Context {
            from: self.month.to_string(),
            to: self.last_day().to_string(),
            made: self.made().to_string(),
            year: self.month.year(),
            provider: self.provider.code(),
        }
    }
}

fn number(provider: Provider, month: NaiveDate, window: Window) -> String {
    let months = (month.year() - 2000) * 12 + month.month0() as i32;
    let first = match provider {
        Provider::Nelft => 400_000,
        _ => 100_000,
    };
    format!("{:06}", first + 10 * months + window as i32)
}
