//! What a plan says must be provided: special educational provision (section
//! F), health care (G), social care (H1 and H2).

use super::{Agency, Plan, Provision};
use crate::world::calendar::after;
use crate::world::chance::Chance;
use crate::world::family::Child;
use crate::world::need::Need;

/// Writes sections F to H of a plan; some are written anew a year or two on.
pub(super) fn specify(child: &Child, plan: &mut Plan, chance: &mut Chance) {
    let needs = plan.needs;
    let likely =
        |wanted: &[Need], yes: f64, no: f64| match wanted.iter().any(|need| needs.include(*need)) {
            true => yes,
            false => no,
        };
    // Section, agency, share of plans, most contacts a term.
    let lines = [
        ("F", None, 1.0, 60),
        (
            "F",
            Some(Agency::SpeechLanguage),
            likely(&[Need::Slcn, Need::Asd], 0.6, 0.1),
            12,
        ),
        ("F", Some(Agency::EducationalPsychology), 0.12, 2),
        (
            "G",
            Some(Agency::SpeechLanguage),
            likely(&[Need::Pmld, Need::Pd], 0.3, 0.02),
            4,
        ),
        (
            "G",
            Some(Agency::OccupationalTherapy),
            likely(&[Need::Pd, Need::Asd, Need::Sld], 0.35, 0.06),
            4,
        ),
        (
            "G",
            Some(Agency::Physiotherapy),
            likely(&[Need::Pd, Need::Pmld], 0.7, 0.02),
            6,
        ),
        (
            "G",
            Some(Agency::Paediatrics),
            likely(&[Need::Asd, Need::Pmld, Need::Ds], 0.25, 0.08),
            1,
        ),
        (
            "G",
            Some(Agency::Camhs),
            likely(&[Need::Semh], 0.25, 0.04),
            5,
        ),
        (
            "H1",
            Some(Agency::SocialCare),
            if needs.severity == 3 { 0.12 } else { 0.01 },
            13,
        ),
        (
            "H2",
            Some(Agency::SocialCare),
            if child.looked_after { 0.5 } else { 0.02 },
            3,
        ),
    ];
    let from = plan.maintained_from();
    let rewritten = Some(after(from, chance.between(380, 1100)))
        .filter(|on| chance.happens(0.4) && plan.ceased.is_none_or(|cease| cease.on > *on));
    let ceased = plan.ceased.map(|cease| cease.on);
    for (number, (section, agency, share, most)) in (0u64..).zip(lines) {
        if !chance.happens(share) {
            continue;
        }
        let line = Provision {
            id: plan.id * 100 + number,
            section,
            agency,
            contacts_per_term: chance.between(1, most) as u32,
            minutes: chance.pick(&[30, 45, 60]),
            from,
            until: rewritten.or(ceased),
        };
        if let Some(on) = rewritten {
            let more = chance.between(0, 2) as u32;
            plan.provision.push(Provision {
                id: line.id + 50,
                contacts_per_term: line.contacts_per_term + more,
                from: on,
                until: ceased,
                ..line.clone()
            });
        }
        plan.provision.push(line);
    }
    plan.provision.sort_by_key(|line| (line.from, line.id));
}
