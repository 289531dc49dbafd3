//! A setting is a school, nursery or college where a child learns: made-up
//! names and numbers, with the types that Get Information About Schools has.

use super::chance::Chance;

/// Stage of education.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Ages 2 to 4.
    Nursery,
    /// Ages 4 to 10.
    Primary,
    /// Ages 11 to 15.
    Secondary,
    /// Ages 16 and over.
    Post16,
    /// Special schools take all ages from 4 to 18.
    Special,
    /// Pupil referral units and alternative provision.
    Alternative,
}

/// The group of the caseload table that a setting counts under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Mainstream, maintained by the authority.
    MainstreamMaintained,
    /// Mainstream academy.
    MainstreamAcademy,
    /// Mainstream free school.
    MainstreamFree,
    /// Mainstream independent school.
    MainstreamIndependent,
    /// Special school, maintained by the authority.
    SpecialMaintained,
    /// Special academy or free school.
    SpecialAcademy,
    /// Non-maintained special school.
    SpecialNonMaintained,
    /// Independent special school.
    SpecialIndependent,
    /// Maintained pupil referral unit.
    AlternativeMaintained,
    /// Alternative provision academy.
    AlternativeAcademy,
    /// Further education or sixth-form college.
    FurtherEducation,
    /// Special post-16 institution.
    SpecialistPost16,
}

/// One made-up setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Unique reference number, six digits.
    pub urn: &'static str,
    /// UK provider reference number, eight digits.
    pub ukprn: &'static str,
    /// Authority and establishment number, seven digits.
    pub laestab: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Code of the type of establishment in Get Information About Schools.
    pub type_code: &'static str,
    /// The type in words.
    pub type_name: &'static str,
    /// Stage it teaches.
    pub phase: Phase,
    /// Group it counts under.
    pub group: Group,
    /// It has a SEN unit.
    pub sen_unit: bool,
    /// It has resourced provision.
    pub resourced_provision: bool,
    /// DfE number of the authority it lies in.
    pub authority: u16,
}

/// Every setting there is.
#[must_use]
pub fn settings() -> &'static [Setting] {
    &SETTINGS
}

/// A setting of this phase in Southend; of some other authority now and then.
pub(super) fn of_phase(phase: Phase, chance: &mut Chance) -> &'static Setting {
    one_of(chance, |setting| {
        setting.phase == phase && setting.group != Group::MainstreamIndependent
    })
}

/// A setting of this group.
pub(super) fn of_group(group: Group, chance: &mut Chance) -> &'static Setting {
    one_of(chance, |setting| setting.group == group)
}

fn one_of(chance: &mut Chance, wanted: impl Fn(&Setting) -> bool) -> &'static Setting {
    let count = SETTINGS.iter().filter(|setting| wanted(setting)).count();
    let place = chance.between(0, count as i64 - 1) as usize;
    SETTINGS
        .iter()
        .filter(|setting| wanted(setting))
        .nth(place)
        .unwrap_or(&SETTINGS[0])
}

#[rustfmt::skip] // A table is read by its columns.
static SETTINGS: [Setting; 60] = [
    made("990001", "19990001", "8829001", "Gullhaven Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 882),
    made("990002", "19990002", "8829002", "Mudlark Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, true, 882),
    made("990003", "19990003", "8829003", "Saltmarsh Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 882),
    made("990004", "19990004", "8829004", "Cockleshell Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, true, false, 882),
    made("990005", "19990005", "8829005", "Pierhead Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 882),
    made("990006", "19990006", "8829006", "Estuary View Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 882),
    made("990007", "19990007", "8829007", "Samphire Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 882),
    made("990008", "19990008", "8829008", "Foreshore Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, true, 882),
    made("990009", "19990009", "8829009", "Groyne Lane Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 882),
    made("990010", "19990010", "8829010", "Oystercatcher Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 882),
    made("990011", "19990011", "8829011", "Tidewatch Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 882),
    made("990012", "19990012", "8829012", "Kursaal Gardens Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 882),
    made("990013", "19990013", "8829013", "Shingle Bank Primary Academy", "34", "Academy converter", Phase::Primary, Group::MainstreamAcademy, false, false, 882),
    made("990014", "19990014", "8829014", "Lapwing Primary Academy", "34", "Academy converter", Phase::Primary, Group::MainstreamAcademy, false, false, 882),
    made("990015", "19990015", "8829015", "Marram Primary Academy", "34", "Academy converter", Phase::Primary, Group::MainstreamAcademy, true, false, 882),
    made("990016", "19990016", "8829016", "Turnstone Primary Academy", "34", "Academy converter", Phase::Primary, Group::MainstreamAcademy, false, false, 882),
    made("990017", "19990017", "8829017", "Sandling Primary Academy", "34", "Academy converter", Phase::Primary, Group::MainstreamAcademy, false, true, 882),
    made("990018", "19990018", "8829018", "Crowstone Rise Primary Academy", "34", "Academy converter", Phase::Primary, Group::MainstreamAcademy, false, false, 882),
    made("990019", "19990019", "8829019", "Seawall Primary Academy", "34", "Academy converter", Phase::Primary, Group::MainstreamAcademy, false, false, 882),
    made("990020", "19990020", "8829020", "Bawley Primary Academy", "34", "Academy converter", Phase::Primary, Group::MainstreamAcademy, false, false, 882),
    made("990021", "19990021", "8829021", "Leeward Primary Academy", "34", "Academy converter", Phase::Primary, Group::MainstreamAcademy, false, false, 882),
    made("990022", "19990022", "8829022", "Windward Free School", "35", "Free schools", Phase::Primary, Group::MainstreamFree, false, false, 882),
    made("990023", "19990023", "8829023", "Harbour Light Free School", "35", "Free schools", Phase::Primary, Group::MainstreamFree, false, false, 882),
    made("990024", "19990024", "8829024", "Spindrift Free School", "35", "Free schools", Phase::Primary, Group::MainstreamFree, false, false, 882),
    made("990025", "19990025", "8829025", "Bellwharf High School", "05", "Foundation school", Phase::Secondary, Group::MainstreamMaintained, false, true, 882),
    made("990026", "19990026", "8829026", "Chalkwell Tower School", "05", "Foundation school", Phase::Secondary, Group::MainstreamMaintained, false, false, 882),
    made("990027", "19990027", "8829027", "Halfpenny Pier Academy", "28", "Academy sponsor led", Phase::Secondary, Group::MainstreamAcademy, false, false, 882),
    made("990028", "19990028", "8829028", "Nore Sands Academy", "34", "Academy converter", Phase::Secondary, Group::MainstreamAcademy, false, false, 882),
    made("990029", "19990029", "8829029", "Two Tree Academy", "28", "Academy sponsor led", Phase::Secondary, Group::MainstreamAcademy, true, false, 882),
    made("990030", "19990030", "8829030", "Cinder Path Academy", "34", "Academy converter", Phase::Secondary, Group::MainstreamAcademy, false, true, 882),
    made("990031", "19990031", "8829031", "Old Leigh Quay Academy", "28", "Academy sponsor led", Phase::Secondary, Group::MainstreamAcademy, false, false, 882),
    made("990032", "19990032", "8829032", "Lifeboat Free School", "35", "Free schools", Phase::Secondary, Group::MainstreamFree, false, false, 882),
    made("990033", "19990033", "8829033", "Lantern House School", "07", "Community special school", Phase::Special, Group::SpecialMaintained, false, false, 882),
    made("990034", "19990034", "8829034", "Kittiwake Special Academy", "44", "Academy special converter", Phase::Special, Group::SpecialAcademy, false, false, 882),
    made("990035", "19990035", "8829035", "Sandpiper Special Academy", "33", "Academy special sponsor led", Phase::Special, Group::SpecialAcademy, false, false, 882),
    made("990036", "19990036", "8829036", "Avocet Special School", "07", "Community special school", Phase::Special, Group::SpecialMaintained, false, false, 882),
    made("990037", "19990037", "8829037", "Dunlin Special Free School", "36", "Free schools special", Phase::Special, Group::SpecialAcademy, false, false, 882),
    made("990038", "19990038", "8829038", "Curlew College for Autism", "08", "Non-maintained special school", Phase::Special, Group::SpecialNonMaintained, false, false, 882),
    made("990039", "19990039", "8819039", "Farthing Wood Independent Special School", "10", "Other independent special school", Phase::Special, Group::SpecialIndependent, false, false, 881),
    made("990040", "19990040", "8829040", "Redshank Lodge School", "10", "Other independent special school", Phase::Special, Group::SpecialIndependent, false, false, 882),
    made("990041", "19990041", "8819041", "Marsh Harrier School", "10", "Other independent special school", Phase::Special, Group::SpecialIndependent, false, false, 881),
    made("990042", "19990042", "8829042", "Breakwater Pupil Referral Unit", "14", "Pupil referral unit", Phase::Alternative, Group::AlternativeMaintained, false, false, 882),
    made("990043", "19990043", "8829043", "Jetty Alternative Provision Academy", "42", "Academy alternative provision converter", Phase::Alternative, Group::AlternativeAcademy, false, false, 882),
    made("990044", "19990044", "8829044", "Anchor Prep School", "11", "Other independent school", Phase::Primary, Group::MainstreamIndependent, false, false, 882),
    made("990045", "19990045", "8829045", "Compass Independent School", "11", "Other independent school", Phase::Secondary, Group::MainstreamIndependent, false, false, 882),
    made("990046", "19990046", "8829046", "Limpet Nursery School", "15", "Local authority nursery school", Phase::Nursery, Group::MainstreamMaintained, false, false, 882),
    made("990047", "19990047", "8829047", "Starfish Nursery School", "15", "Local authority nursery school", Phase::Nursery, Group::MainstreamMaintained, false, false, 882),
    made("990048", "19990048", "8829048", "Periwinkle Nursery School", "15", "Local authority nursery school", Phase::Nursery, Group::MainstreamMaintained, false, false, 882),
    made("990049", "19990049", "8829049", "Whelk Street Nursery School", "15", "Local authority nursery school", Phase::Nursery, Group::MainstreamMaintained, false, false, 882),
    made("990050", "19990050", "8829050", "Razorshell Nursery School", "15", "Local authority nursery school", Phase::Nursery, Group::MainstreamMaintained, false, false, 882),
    made("990051", "19990051", "8829051", "Sea Holly Nursery School", "15", "Local authority nursery school", Phase::Nursery, Group::MainstreamMaintained, false, false, 882),
    made("990052", "19990052", "8829052", "Thamesmouth College", "18", "Further education", Phase::Post16, Group::FurtherEducation, false, false, 882),
    made("990053", "19990053", "8829053", "Belfairs Landing Sixth Form College", "39", "Academy 16 to 19 sponsor led", Phase::Post16, Group::FurtherEducation, false, false, 882),
    made("990054", "19990054", "8829054", "Estuary Coast Technical College", "18", "Further education", Phase::Post16, Group::FurtherEducation, false, false, 882),
    made("990055", "19990055", "8829055", "Horizon Specialist College", "32", "Special post 16 institution", Phase::Post16, Group::SpecialistPost16, false, false, 882),
    made("990056", "19990056", "8829056", "Outbound Skills College", "32", "Special post 16 institution", Phase::Post16, Group::SpecialistPost16, false, false, 882),
    made("990057", "19990057", "8819057", "Broomway Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 881),
    made("990058", "19990058", "8839058", "Corringham Mere Primary School", "01", "Community school", Phase::Primary, Group::MainstreamMaintained, false, false, 883),
    made("990059", "19990059", "8819059", "Mount Pleasant Rise Secondary School", "34", "Academy converter", Phase::Secondary, Group::MainstreamAcademy, false, false, 881),
    made("990060", "19990060", "8819060", "Long Causeway Secondary School", "34", "Academy converter", Phase::Secondary, Group::MainstreamAcademy, false, false, 881),
];

#[expect(clippy::too_many_arguments, reason = "one line of the table above")]
const fn made(
    urn: &'static str,
    ukprn: &'static str,
    laestab: &'static str,
    name: &'static str,
    type_code: &'static str,
    type_name: &'static str,
    phase: Phase,
    group: Group,
    sen_unit: bool,
    resourced_provision: bool,
    authority: u16,
) -> Setting {
    Setting {
        urn,
        ukprn,
        laestab,
        name,
        type_code,
        type_name,
        phase,
        group,
        sen_unit,
        resourced_provision,
        authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_lengths_and_are_unique() {
        let urns: std::collections::BTreeSet<_> = settings().iter().map(|s| s.urn).collect();
        assert_eq!(urns.len(), settings().len());
        for setting in settings() {
            assert_eq!(
                (
                    setting.urn.len(),
                    setting.ukprn.len(),
                    setting.laestab.len()
                ),
                (6, 8, 7)
            );
        }
    }
}
