//! How a family comes about: how many children, born when, living where.

use super::{Child, Family, Home, Move, Sex, Upn, live};
use crate::world::calendar::{academic_year, after, age, day};
use crate::world::chance::{Chance, Purpose};
use crate::world::need::{Need, Needs};
use crate::world::{World, ethnicity, identifier, name, place};
use chrono::{Datelike, NaiveDate};

/// Sizes of the families of a block. Numbers of children come in blocks, so
/// that a family's first person number needs no other family.
const SIZES: [u64; 20] = [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4];
const FAMILIES: u64 = SIZES.len() as u64;
const CHILDREN: u64 = 36;

/// Families that so many children make; the last one is cut short.
pub(crate) fn count(children: u64) -> u64 {
    // The sizes of a block are in another order in each, so a cut block may
    // have some families of nobody, which have no children.
    children.div_ceil(CHILDREN) * FAMILIES
}

/// The family of this number.
pub(crate) fn make(world: &World, number: u64) -> Family {
    let (first, size) = persons(world, number);
    let mut chance = Chance::new(world.seed, number, Purpose::Homes);
    let births = births(world, size, &mut chance);
    let moves = Moves::new(world, &births, &mut chance);
    let surname = name::surname(&mut chance);
    let ethnicity = ethnicity::of_family(&mut chance);
    let practice = chance.pick(&place::PRACTICES);
    let mut children: Vec<Child> = Vec::with_capacity(size as usize);
    for (person, birth) in (first..).zip(&births) {
        let mut child = born(world, person, *birth, &surname, ethnicity, practice);
        child.homes = moves.homes_since(birth.born);
        child.arrived = moves.arrived.filter(|(on, _)| *on > birth.born);
        child.left = moves.left;
        if let Some(elder) = children.last().filter(|elder| birth.twin && elder.twin) {
            be_twin_of(elder, &mut child);
        }
        identify(world, &mut child);
        children.push(child);
    }
    for child in &mut children {
        live(child, world);
    }
    Family { number, children }
}

/// The first person number and the number of children of a family.
fn persons(world: &World, number: u64) -> (u64, u64) {
    let block = number / FAMILIES;
    let mut sizes = SIZES;
    let mut chance = Chance::new(world.seed, block, Purpose::Block);
    for place in (1..sizes.len()).rev() {
        let other = chance.between(0, place as i64) as usize;
        sizes.swap(place, other);
    }
    let place = (number % FAMILIES) as usize;
    let before: u64 = sizes[..place].iter().sum();
    let first = block * CHILDREN + before + 1;
    let left = (world.children + 1).saturating_sub(first);
    (first, sizes[place].min(left))
}

#[derive(Debug, Clone, Copy)]
struct Birth {
    born: NaiveDate,
    twin: bool,
}

/// Birthdays, eldest first, within 25 years before the first day.
fn births(world: &World, size: u64, chance: &mut Chance) -> Vec<Birth> {
    let earliest = day(world.first_day().year() - 25, 9, 1);
    let mut gaps = Vec::new();
    for _ in 1..size {
        gaps.push(match chance.happens(0.04) {
            true => 0,
            false => chance.quantile(&[(0.0, 320.0), (0.5, 960.0), (0.9, 1900.0), (1.0, 3200.0)]),
        });
    }
    let latest = after(world.last_day(), -gaps.iter().sum::<i64>());
    let mut born = chance.day(earliest, latest.max(earliest));
    let mut births = vec![Birth { born, twin: false }];
    for gap in gaps {
        born = after(born, gap);
        if let Some(elder) = births.last_mut().filter(|_| gap == 0) {
            elder.twin = true;
        }
        births.push(Birth {
            born,
            twin: gap == 0,
        });
    }
    births.truncate(size as usize);
    births
}

/// Where a family lives, and since when.
struct Moves {
    arrived: Option<Move>,
    left: Option<Move>,
    homes: Vec<Home>,
}

impl Moves {
    fn new(world: &World, births: &[Birth], chance: &mut Chance) -> Self {
        let eldest = births.first().map_or(world.first_day(), |birth| birth.born);
        let youngest = births.last().map_or(eldest, |birth| birth.born);
        let last_day = world.last_day();
        let elsewhere = |chance: &mut Chance| match chance.weighted(&[55.0, 20.0, 20.0, 5.0]) {
            0 => 881,
            1 => 883,
            2 => chance.pick(&[202, 301, 304, 316, 320, 883, 919, 935, 873]),
            _ => 0,
        };
        let arrived = chance
            .happens(0.3)
            .then(|| chance.day(eldest, after(eldest, 18 * 365)))
            .filter(|on| *on > eldest && *on < last_day)
            .map(|on| (on, elsewhere(chance)));
        // About one family in fifty leaves each year, but not before the
        // youngest is there.
        let settled = arrived.map_or(youngest, |(on, _)| on.max(youngest));
        let left = Some(chance.day(after(settled, 60), after(settled, 45 * 365)))
            .filter(|on| *on <= last_day)
            .map(|on| (on, elsewhere(chance)));
        let until = left.map_or(last_day, |(on, _)| on);
        let mut from = arrived.map_or(eldest, |(on, _)| on);
        let mut homes = Vec::new();
        loop {
            let next = after(from, chance.between(200, 30 * 365));
            let moved = Some(next).filter(|next| *next < until);
            homes.push(Home {
                from,
                until: moved,
                postcode: place::postcode(chance),
            });
            match moved {
                Some(next) => from = next,
                None => break,
            }
        }
        Self {
            arrived,
            left,
            homes,
        }
    }

    fn homes_since(&self, born: NaiveDate) -> Vec<Home> {
        self.homes
            .iter()
            .filter(|home| home.until.is_none_or(|until| until > born))
            .map(|home| Home {
                from: home.from.max(born),
                ..home.clone()
            })
            .collect()
    }
}

fn born(
    world: &World,
    person: u64,
    birth: Birth,
    surname: &str,
    family_ethnicity: usize,
    practice: &'static str,
) -> Child {
    let mut chance = Chance::new(world.seed, person, Purpose::Birth);
    let sex = match chance.happens(0.487) {
        true => Sex::Female,
        false => Sex::Male,
    };
    let needs = needs(world.seed, person, sex);
    Child {
        person,
        seed: world.seed,
        council_child_id: identifier::council_child_id(person),
        sex,
        born: birth.born,
        forename: name::forename(sex, &mut chance),
        surname: surname.to_owned(),
        ethnicity: ethnicity::of_child(family_ethnicity, &mut chance),
        twin: birth.twin,
        arrived: None,
        left: None,
        homes: Vec::new(),
        practice,
        nhs_number: identifier::nhs_number(person, world.seed),
        nhs_number_verified: chance.happens(0.985),
        upn: Upn {
            value: None,
            from: birth.born,
            unknown: "UN1",
        },
        uln: None,
        looked_after: chance.happens(match needs {
            Some(needs) if needs.severity > 1 => 0.04,
            _ => 0.006,
        }),
        support_from: needs.map(|needs| {
            let months = match needs.severity {
                3 => chance.between(18, 48),
                2 => chance.between(30, 100),
                _ => chance.between(48, 150),
            };
            after(birth.born, months * 30)
        }),
        needs,
        enrolments: Vec::new(),
        requests: Vec::new(),
        attendance: Vec::new(),
        suspensions: Vec::new(),
        reduced_timetables: Vec::new(),
        out_of_school: Vec::new(),
        care_referrals: Vec::new(),
        short_breaks: Vec::new(),
        referrals: Vec::new(),
        packages: Vec::new(),
        continuing_care: Vec::new(),
        health_budgets: Vec::new(),
        support_register: None,
        treatment_reviews: Vec::new(),
    }
}

/// Twins are often alike in sex, never in name, though now and then their names
/// begin alike.
fn be_twin_of(elder: &Child, child: &mut Child) {
    let mut chance = child.chance(Purpose::Identity);
    if chance.happens(0.4) {
        child.sex = elder.sex;
    }
    let initial = (elder.forename.chars().next()).filter(|_| chance.happens(0.3));
    // Nobody of the other sex may be called so.
    for turn in 0.. {
        child.forename = name::forename(child.sex, &mut chance);
        let begins = initial.is_none_or(|initial| child.forename.starts_with(initial));
        if child.forename != elder.forename && (begins || turn > 60) {
            break;
        }
    }
}

/// About a fifth of children have special educational needs; the mix of the
/// primary ones is that of the area's plans.
fn needs(seed: u64, person: u64, sex: Sex) -> Option<Needs> {
    let mut chance = Chance::new(seed, person, Purpose::Needs);
    if !chance.happens(match sex {
        Sex::Male => 0.25,
        Sex::Female => 0.15,
    }) {
        return None;
    }
    let mix = [
        5.0, 8.0, 4.0, 1.2, 18.0, 26.0, 1.4, 0.8, 0.3, 3.0, 29.0, 0.8, 2.5,
    ];
    let primary = Need::ALL[chance.weighted(&mix)];
    let secondary = Some(Need::ALL[chance.weighted(&mix)])
        .filter(|need| *need != primary)
        .filter(|_| chance.happens(0.55));
    let severe = match primary {
        Need::Sld | Need::Pmld | Need::Ds | Need::Msi => 0.85,
        Need::Asd => 0.16,
        Need::Pd => 0.25,
        _ => 0.07,
    };
    let severity = match chance.unit() {
        drawn if drawn < severe => 3,
        drawn if drawn < severe + 0.35 => 2,
        _ => 1,
    };
    Some(Needs {
        primary,
        secondary,
        severity,
    })
}

/// Gives the pupil and the learner number, which come with school.
fn identify(world: &World, child: &mut Child) {
    let mut chance = Chance::new(world.seed, child.person, Purpose::School);
    let entry = day(academic_year(child.born) + 5, 9, 1);
    let given = entry.max(child.present_from());
    let kind = chance.weighted(&[97.4, 1.4, 1.2]);
    let authority = match child.arrived {
        Some((on, from @ (881 | 883))) if on > entry => from,
        Some((on, 0)) if on > entry => 882,
        Some((on, from)) if on > entry => from,
        _ => 882,
    };
    child.upn = Upn {
        value: (kind < 2).then(|| identifier::upn(child.person, world.seed, authority, kind == 1)),
        from: given,
        unknown: match (kind, chance.between(0, 2)) {
            (2, 0) => "UN2",
            (2, 1) => "UN3",
            (2, _) => "UN4",
            _ => "UN1",
        },
    };
    let fourteen = day(academic_year(child.born) + 15, 9, 1).max(child.present_from());
    child.uln = Some((identifier::uln(child.person, world.seed), fourteen))
        .filter(|(_, from)| age(child.born, *from) >= 14 && chance.happens(0.97));
}
