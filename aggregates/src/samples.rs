//! Small values that the tests of several modules start from.

use crate::capacity::{Placement, PlacementPart, Pool};
use crate::policy::Policy;
use crate::pricing::{Market, PricedTerms, Pricing};
use crate::reservation::{Difference, Evidence, Offer};
use crate::terms::Terms;
use crate::{MicroCredits, NodeName, OfferId, Resources, TimeWindow, Timestamp};

/// One minute.
pub const MINUTE: i64 = 60_000;
/// When the tests begin: 2009-08-17T04:00:00Z.
pub const T0: Timestamp = Timestamp(1_250_481_600_000);

/// `T0` and so many minutes.
pub fn minute(minutes: i64) -> Timestamp {
    T0.saturating_add(minutes * MINUTE)
}

/// A vCPU, a GiB and 10 GiB, so that vCPUs bind.
pub fn size() -> Resources {
    Resources {
        vcpus: 1,
        memory_mib: 1_024,
        disk_gib: 10,
    }
}

/// Room for `count` instances of [`size`].
pub fn room_for(count: u64) -> Resources {
    size().checked_mul(count).unwrap()
}

/// Terms for `count` instances from `from` to `until`, in minutes after [`T0`].
pub fn terms(count: u32, from: i64, until: i64) -> Terms {
    Terms {
        instance_type: "ONE".into(),
        size: size(),
        template: "T".into(),
        instances_fixed: count,
        window: TimeWindow {
            starts_at: minute(from),
            ends_at: minute(until),
        },
        auto_start: true,
        ..Terms::default()
    }
}

pub fn node(name: &str) -> NodeName {
    NodeName(name.into())
}

pub fn on(parts: &[(&str, u32)]) -> Placement {
    let part = |(name, count): &(&str, u32)| PlacementPart {
        node: node(name),
        count: *count,
    };
    Placement(parts.iter().map(part).collect())
}

/// An offer of `terms` on node `n1`, held until `expires` minutes after [`T0`].
pub fn offer(number: u32, terms: Terms, expires: i64) -> Offer {
    Offer {
        offer_id: OfferId(number),
        quote: pricing()
            .quote(
                &PricedTerms::of(&terms, terms.instances_fixed),
                &EmptyPool(T0),
            )
            .unwrap(),
        agreed_price: None,
        placement: on(&[("n1", terms.instances_fixed)]),
        options: None,
        terms,
        expires_at: minute(expires),
        differs: None,
    }
}

/// The same offer, as an alternative that starts later.
pub fn later(offer: Offer, by_minutes: i64) -> Offer {
    let differs = Some(Difference::Start {
        by_ms: by_minutes * MINUTE,
    });
    Offer { differs, ..offer }
}

/// A market at this time in which nothing is taken.
pub struct EmptyPool(pub Timestamp);

impl Market for EmptyPool {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn utilisation_ppm(&self, _window: TimeWindow) -> u32 {
        0
    }
}

/// One credit for an hour of a vCPU, the rest for nothing.
pub fn pricing() -> Pricing {
    let rates = crate::pricing::Rates {
        vcpu_hour: MicroCredits(1_000_000),
        memory_gib_hour: MicroCredits(0),
        disk_gib_hour: MicroCredits(0),
    };
    Pricing::Flat { rates }
}

/// A policy of one type and one template, holds of 10 and sessions of 30 minutes.
pub fn policy() -> Policy {
    Policy {
        version: 1,
        types: vec![crate::policy::InstanceType {
            name: "ONE".into(),
            size: size(),
        }],
        templates: vec!["T".into()],
        pricing: pricing(),
        ..Policy::default()
    }
}

/// Evidence of nothing in particular.
pub fn evidence() -> Evidence {
    Evidence {
        policy_version: 1,
        ..Evidence::default()
    }
}

/// A pool of nodes in service.
pub fn pool(nodes: &[(&str, u64)]) -> Pool {
    let mut pool = Pool::new();
    for (name, count) in nodes {
        pool.add_node(node(name), room_for(*count), true).unwrap();
    }
    pool
}
