//! A need is a type of special educational need, in the words of SEN2.

/// SENtype of the SEN2 return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Need {
    /// Specific learning difficulty.
    Spld,
    /// Moderate learning difficulty.
    Mld,
    /// Severe learning difficulty.
    Sld,
    /// Profound and multiple learning difficulty.
    Pmld,
    /// Social, emotional and mental health.
    Semh,
    /// Speech, language and communication needs.
    Slcn,
    /// Hearing impairment.
    Hi,
    /// Vision impairment.
    Vi,
    /// Multi-sensory impairment.
    Msi,
    /// Physical disability.
    Pd,
    /// Autistic spectrum disorder.
    Asd,
    /// Down syndrome; published under "other".
    Ds,
    /// Another difficulty.
    #[default]
    Oth,
}

impl Need {
    /// Every need, in the order of the code set.
    pub const ALL: [Need; 13] = [
        Need::Spld,
        Need::Mld,
        Need::Sld,
        Need::Pmld,
        Need::Semh,
        Need::Slcn,
        Need::Hi,
        Need::Vi,
        Need::Msi,
        Need::Pd,
        Need::Asd,
        Need::Ds,
        Need::Oth,
    ];

    /// The SEN2 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Need::Spld => "SPLD",
            Need::Mld => "MLD",
            Need::Sld => "SLD",
            Need::Pmld => "PMLD",
            Need::Semh => "SEMH",
            Need::Slcn => "SLCN",
            Need::Hi => "HI",
            Need::Vi => "VI",
            Need::Msi => "MSI",
            Need::Pd => "PD",
            Need::Asd => "ASD",
            Need::Ds => "DS",
            Need::Oth => "OTH",
        }
    }

    /// How it is printed: thirteen codes come in, twelve go out.
    #[must_use]
    pub fn published(self) -> Need {
        match self {
            Need::Ds => Need::Oth,
            need => need,
        }
    }
}

/// What a child needs. It does not change, though it may be found late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// SENtypeRank 1.
    pub primary: Need,
    /// SENtypeRank 2; never the primary one.
    pub secondary: Option<Need>,
    /// 1 mild, 2 marked, 3 severe: who gets a plan, a special school, a
    /// package.
    pub severity: u8,
}

impl Needs {
    /// Whether the child has it, primary or secondary.
    #[must_use]
    pub fn include(&self, need: Need) -> bool {
        self.primary == need || self.secondary == Some(need)
    }
}
