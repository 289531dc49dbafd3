//! How long the vault keeps what it has received (`vault_retention` in
//! `pipelines/warehouse.yaml`). What is not said is kept for ever.

/// Whole days since a thing was last received; `None` is for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Files as they were received on which no table rests, and what was read
    /// of people from them.
    pub landed: Option<u64>,
    /// Rejected rows as they came of such files, and reports to partners.
    pub rejects: Option<u64>,
    /// Files on which tables rest today. Without them neither a contract nor
    /// the key can change under those tables.
    pub standing: Option<u64>,
}

impl Retention {
    /// Whether everything is kept for ever.
    pub fn is_for_ever(&self) -> bool {
        *self == Retention::default()
    }

    /// How long a file as received is kept.
    pub fn of_landed(&self, is_standing: bool) -> Option<u64> {
        match is_standing {
            true => self.standing,
            false => self.landed,
        }
    }

    /// How long the rejected rows of a file are kept: those of one that stands
    /// no shorter than the file.
    pub fn of_rejects(&self, is_standing: bool) -> Option<u64> {
        match is_standing {
            true => Some(self.rejects?.max(self.standing?)),
            false => self.rejects,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Retention;

    #[test]
    fn what_tables_rest_on_is_kept_unless_that_is_said() {
        let unsaid = Retention {
            landed: Some(1),
            rejects: Some(2),
            standing: None,
        };
        assert_eq!(
            (unsaid.of_landed(false), unsaid.of_landed(true)),
            (Some(1), None)
        );
        assert_eq!(
            (unsaid.of_rejects(false), unsaid.of_rejects(true)),
            (Some(2), None)
        );
        let said = Retention {
            standing: Some(9),
            ..unsaid
        };
        assert_eq!(
            (said.of_landed(true), said.of_rejects(true)),
            (Some(9), Some(9))
        );
        assert!(Retention::default().is_for_ever() && !said.is_for_ever());
    }
}
