//! An area is a place that has a row in the council's files: England, a region,
//! or a local authority. Codes and names are real; sizes are invented.
//!
//! Figures are made for *leaves* and added up, so a region is exactly the sum of
//! its parts. Two kinds of leaf have no row of their own: the rest of a region
//! and the rest of England.

/// A region and the code that stands before it in every row of its authorities.
pub(crate) struct Region {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
}

/// A part of England that figures are made for.
pub(crate) struct Leaf {
    pub(crate) name: &'static str,
    /// ONS code and DfE number; `None` for the rest of somewhere.
    pub(crate) codes: Option<(&'static str, &'static str)>,
    pub(crate) region: Option<usize>,
    /// Education, health and care plans kept up in the last year, invented.
    pub(crate) plans: f64,
}

pub(crate) const REGIONS: [Region; 2] = [
    Region {
        code: "E12000006",
        name: "East of England",
    },
    Region {
        code: "E12000008",
        name: "South East",
    },
];

/// Southend, its two neighbours, and some of its statistical neighbours.
pub(crate) const LEAVES: [Leaf; 10] = [
    leaf("Southend-on-Sea", "E06000033", "882", 0, 1_840.0),
    leaf("Essex", "E10000012", "881", 0, 9_950.0),
    leaf("Thurrock", "E06000034", "883", 0, 1_720.0),
    leaf("Bedford", "E06000055", "822", 0, 1_610.0),
    rest("the rest of the East of England", Some(0), 24_000.0),
    leaf("Milton Keynes", "E06000042", "826", 1, 2_430.0),
    leaf("Portsmouth", "E06000044", "851", 1, 1_980.0),
    leaf("East Sussex", "E10000011", "845", 1, 4_320.0),
    rest("the rest of the South East", Some(1), 61_000.0),
    rest("the rest of England", None, 310_000.0),
];

const fn leaf(
    name: &'static str,
    ons: &'static str,
    number: &'static str,
    region: usize,
    plans: f64,
) -> Leaf {
    Leaf {
        name,
        codes: Some((ons, number)),
        region: Some(region),
        plans,
    }
}

const fn rest(name: &'static str, region: Option<usize>, plans: f64) -> Leaf {
    Leaf {
        name,
        codes: None,
        region,
        plans,
    }
}

/// A place with a row of its own, and the leaves it is the sum of.
pub(crate) struct Area {
    pub(crate) level: &'static str,
    pub(crate) region: Option<&'static Region>,
    pub(crate) leaf: Option<&'static Leaf>,
    pub(crate) parts: Vec<usize>,
}

impl Area {
    /// Its own ONS code.
    pub(crate) fn code(&self) -> &'static str {
        match (self.leaf.and_then(|leaf| leaf.codes), self.region) {
            (Some((ons, _)), _) => ons,
            (None, Some(region)) => region.code,
            (None, None) => "E92000001",
        }
    }

    /// The cells `geographic_level,country_code,country_name,region_code,
    /// region_name`, which every DfE file has in this order.
    pub(crate) fn place_cells(&self) -> Vec<String> {
        let (code, name) = self
            .region
            .map_or(("", ""), |region| (region.code, region.name));
        [self.level, "E92000001", "England", code, name]
            .map(str::to_owned)
            .to_vec()
    }

    /// ONS code, DfE number and name, all blank when it is not an authority.
    pub(crate) fn authority(&self) -> [&'static str; 3] {
        match self
            .leaf
            .and_then(|leaf| leaf.codes.map(|codes| (codes, leaf.name)))
        {
            Some(((ons, number), name)) => [ons, number, name],
            None => ["", "", ""],
        }
    }
}

/// England, then the regions, then the authorities.
pub(crate) fn areas() -> Vec<Area> {
    let england = Area {
        level: "National",
        region: None,
        leaf: None,
        parts: (0..LEAVES.len()).collect(),
    };
    let regions = REGIONS.iter().enumerate().map(|(place, region)| Area {
        level: "Regional",
        region: Some(region),
        leaf: None,
        parts: (0..LEAVES.len())
            .filter(|leaf| LEAVES[*leaf].region == Some(place))
            .collect(),
    });
    let authorities = LEAVES
        .iter()
        .enumerate()
        .filter(|(_, leaf)| leaf.codes.is_some())
        .map(|(place, leaf)| Area {
            level: "Local authority",
            region: leaf.region.map(|region| &REGIONS[region]),
            leaf: Some(leaf),
            parts: vec![place],
        });
    [england]
        .into_iter()
        .chain(regions)
        .chain(authorities)
        .collect()
}
