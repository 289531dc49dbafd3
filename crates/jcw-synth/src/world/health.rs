//! Health: referrals to community and mental health services, and what came of
//! them.

use super::ehc::Agency;
use chrono::{NaiveDate, NaiveTime};

mod contacts;
mod pathway;

pub(super) use pathway::simulate;

/// An NHS provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// Essex Partnership University NHS FT; the Lighthouse Child Development
    /// Centre since March 2022.
    Eput,
    /// Mid and South Essex NHS FT; the Lighthouse until then.
    Mseft,
    /// NELFT NHS FT; mental health.
    Nelft,
}

impl Provider {
    /// The organisation code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Provider::Eput => "R1L",
            Provider::Mseft => "RAJ",
            Provider::Nelft => "RAT",
        }
    }
}

/// First day on which EPUT runs the Lighthouse.
#[must_use]
pub fn lighthouse_transfer() -> NaiveDate {
    super::calendar::day(2022, 3, 1)
}

/// A service that children are referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Community paediatrics; consultant-led.
    Paediatrics,
    /// Speech and language therapy.
    SpeechLanguage,
    /// Occupational therapy.
    OccupationalTherapy,
    /// Physiotherapy.
    Physiotherapy,
    /// Neurodiversity: suspected autism and ADHD.
    Neurodiversity,
    /// Child and adolescent mental health.
    Camhs,
    /// Eating disorders.
    EatingDisorders,
}

impl Service {
    /// Every service.
    pub const ALL: [Service; 7] = [
        Service::Paediatrics,
        Service::SpeechLanguage,
        Service::OccupationalTherapy,
        Service::Physiotherapy,
        Service::Neurodiversity,
        Service::Camhs,
        Service::EatingDisorders,
    ];

    /// Who runs it on this day.
    #[must_use]
    pub fn provider_on(self, on: NaiveDate) -> Provider {
        match self {
            Service::Camhs | Service::EatingDisorders => Provider::Nelft,
            _ if on < lighthouse_transfer() => Provider::Mseft,
            _ => Provider::Eput,
        }
    }

    /// What the board calls it in contracts and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Service::Paediatrics => "Community paediatrics",
            Service::SpeechLanguage => "Speech and language therapy",
            Service::OccupationalTherapy => "Occupational therapy",
            Service::Physiotherapy => "Physiotherapy",
            Service::Neurodiversity => "Neurodiversity",
            Service::Camhs => "CAMHS",
            Service::EatingDisorders => "Eating disorders",
        }
    }

    /// A short code: `PAEDS`, `SLT`, `OT`, `PHYSIO`, `NEURO`, `CAMHS`, `CYPED`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Service::Paediatrics => "PAEDS",
            Service::SpeechLanguage => "SLT",
            Service::OccupationalTherapy => "OT",
            Service::Physiotherapy => "PHYSIO",
            Service::Neurodiversity => "NEURO",
            Service::Camhs => "CAMHS",
            Service::EatingDisorders => "CYPED",
        }
    }

    /// What it is called when it advises on plans and provides for them.
    #[must_use]
    pub fn agency(self) -> Option<Agency> {
        match self {
            Service::Paediatrics => Some(Agency::Paediatrics),
            Service::SpeechLanguage => Some(Agency::SpeechLanguage),
            Service::OccupationalTherapy => Some(Agency::OccupationalTherapy),
            Service::Physiotherapy => Some(Agency::Physiotherapy),
            Service::Camhs => Some(Agency::Camhs),
            Service::Neurodiversity | Service::EatingDisorders => None,
        }
    }

    /// CSDS TeamType; the mental health services are not in CSDS.
    #[must_use]
    pub fn team_type(self) -> Option<&'static str> {
        match self {
            Service::Paediatrics => Some("06"),
            Service::SpeechLanguage => Some("33"),
            Service::OccupationalTherapy => Some("23"),
            Service::Physiotherapy => Some("26"),
            Service::Neurodiversity => Some("45"),
            Service::Camhs | Service::EatingDisorders => None,
        }
    }
}

/// One referral of one child to one service.
#[derive(Debug, Clone)]
pub struct Referral {
    /// ServiceRequestID. Providers count for themselves: NELFT and EPUT use
    /// the same numbers for different children.
    pub id: u64,
    /// To which service.
    pub service: Service,
    /// Day received.
    pub received: NaiveDate,
    /// Time received.
    pub received_at: NaiveTime,
    /// Who referred.
    pub source: ReferralSource,
    /// How soon.
    pub priority: Priority,
    /// Why.
    pub reason: ReferralReason,
    /// Day it was turned down.
    pub rejected: Option<NaiveDate>,
    /// Day the child was discharged.
    pub discharged: Option<NaiveDate>,
    /// Consultant-led waiting clock; community paediatrics only.
    pub clock: Option<RttClock>,
    /// Appointments, in order; all within the referral.
    pub contacts: Vec<Contact>,
    /// What was found, main diagnosis first.
    pub diagnoses: Vec<Diagnosis>,
    /// Day and service to which the child was sent on.
    pub onward: Option<(NaiveDate, Service)>,
}

impl Referral {
    /// Neither turned down nor discharged by this day.
    #[must_use]
    pub fn is_open_on(&self, on: NaiveDate) -> bool {
        self.received <= on
            && self.rejected.is_none_or(|day| day > on)
            && self.discharged.is_none_or(|day| day > on)
    }

    /// The first appointment at which the child was seen: attended, and not by
    /// a proxy.
    #[must_use]
    pub fn first_seen(&self) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.is_child_seen())
    }

    /// Open at the Lighthouse's change of hands, and the new provider's by
    /// this day.
    #[must_use]
    pub fn is_handed_to(&self, provider: Provider, by: NaiveDate) -> bool {
        let day = lighthouse_transfer();
        provider == Provider::Eput
            && by >= day
            && self.service.provider_on(day) == Provider::Eput
            && self.is_open_on(day)
    }

    /// Open, and nobody seen yet, at the end of this day.
    #[must_use]
    pub fn is_waiting_on(&self, on: NaiveDate) -> bool {
        self.is_open_on(on) && self.first_seen().is_none_or(|first| first.on > on)
    }
}

/// Who referred a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferralSource {
    /// General practice.
    Gp,
    /// A school or nursery.
    Education,
    /// Health visitor or school nurse.
    HealthVisitor,
    /// Another service of the Lighthouse, or a hospital.
    Hospital,
    /// Parent or carer.
    Family,
    /// Social care.
    SocialCare,
}

/// PRIORITY TYPE CODE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// 1.
    Routine = 1,
    /// 2.
    Urgent = 2,
}

/// Why a child was referred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferralReason {
    /// Development or a medical question.
    Development,
    /// Speech, language or communication.
    Communication,
    /// Feeding or swallowing.
    Feeding,
    /// Sensory or fine motor.
    Motor,
    /// Movement.
    Mobility,
    /// Suspected autism (MHSDS reason 25).
    SuspectedAutism,
    /// Suspected ADHD.
    SuspectedAdhd,
    /// Anxiety.
    Anxiety,
    /// Low mood.
    LowMood,
    /// Self-harm.
    SelfHarm,
    /// Eating disorder.
    EatingDisorder,
    /// Behaviour.
    Behaviour,
}

/// The 18-week clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RttClock {
    /// Number of the pathway.
    pub pathway: u64,
    /// Day the referral was received.
    pub start: NaiveDate,
    /// Day of first treatment, or of the decision not to treat.
    pub end: Option<NaiveDate>,
}

/// AttendanceStatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attended {
    /// 2.
    CancelledByPatient = 2,
    /// 3: no warning.
    DidNotAttend,
    /// 4.
    CancelledByProvider,
    /// 5.
    Seen,
    /// 6.
    LateButSeen,
    /// 7.
    LateNotSeen,
}

impl Attended {
    /// 5 or 6.
    #[must_use]
    pub fn is_attended(self) -> bool {
        matches!(self, Attended::Seen | Attended::LateButSeen)
    }

    /// 3 or 7.
    #[must_use]
    pub fn is_missed(self) -> bool {
        matches!(self, Attended::DidNotAttend | Attended::LateNotSeen)
    }

    /// 2 or 4.
    #[must_use]
    pub fn is_cancelled(self) -> bool {
        matches!(
            self,
            Attended::CancelledByPatient | Attended::CancelledByProvider
        )
    }
}

/// One appointment.
#[derive(Debug, Clone)]
pub struct Contact {
    /// CareContactID.
    pub id: u64,
    /// Day.
    pub on: NaiveDate,
    /// Time.
    pub at: NaiveTime,
    /// What happened.
    pub attendance: Attended,
    /// Subject 02: somebody else was seen in the child's place.
    pub proxy: bool,
    /// Consultation type 01 (else 02).
    pub first: bool,
    /// Code of the consultation mechanism.
    pub mechanism: &'static str,
    /// Code of the location type.
    pub location: &'static str,
    /// In a group.
    pub group: bool,
    /// Minutes.
    pub minutes: u16,
    /// Day it was cancelled.
    pub cancelled: Option<NaiveDate>,
    /// What was done, by code of the activity type; none if nobody was seen.
    pub activities: Vec<Activity>,
    /// Number of the member of staff.
    pub staff: u16,
}

impl Contact {
    /// Attended, and by the child.
    #[must_use]
    pub fn is_child_seen(&self) -> bool {
        self.attendance.is_attended() && !self.proxy
    }
}

/// One thing done in an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// CareActivityID.
    pub id: u64,
    /// Activity type: 02 assessment, 03 intervention, 04 advice, 06 review.
    pub kind: &'static str,
    /// Minutes.
    pub minutes: u16,
}

/// A diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Diagnosis {
    /// Day.
    pub on: NaiveDate,
    /// SNOMED CT concept.
    pub snomed: &'static str,
    /// ICD-10 code.
    pub icd10: &'static str,
}
