//! "Did you mean": the nearest of the names that do exist.

/// The candidate nearest to `name` in spelling, when one is near enough to be
/// what was meant: at most a third of the letters differ, case apart.
pub fn did_you_mean<S: AsRef<str>>(
    name: &str,
    candidates: impl IntoIterator<Item = S>,
) -> Option<String> {
    let name = name.to_lowercase();
    let near_enough = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&name, &candidate.as_ref().to_lowercase());
            (distance, candidate.as_ref().to_owned())
        })
        .filter(|(distance, _)| *distance <= near_enough)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A hint for a name that does not exist: the nearest that does, else all of
/// them when they are few, else nothing but their number.
pub(crate) fn hint<S: AsRef<str>>(
    name: &str,
    what: &str,
    candidates: impl IntoIterator<Item = S>,
) -> String {
    let candidates: Vec<S> = candidates.into_iter().collect();
    if let Some(near) = did_you_mean(name, &candidates) {
        return format!("did you mean \"{near}\"?");
    }
    match candidates.len() {
        0 => format!("there are no {what}"),
        1..=12 => {
            let names: Vec<&str> = candidates.iter().map(AsRef::as_ref).collect();
            format!("the {what} are: {}", names.join(", "))
        }
        many => format!("it is none of the {many} {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let keys = ["schedule", "settle", "store"];
        assert_eq!(did_you_mean("shedule", keys).as_deref(), Some("schedule"));
        assert_eq!(did_you_mean("Settle", keys).as_deref(), Some("settle"));
        assert_eq!(did_you_mean("owner", keys), None);
    }
}
