//! The provider's bargaining: which price it asks in which round, and when it agrees to the user's.
//!
//! Owns the time-dependent tactics of Faratin, Sierra and Jennings ("Negotiation decision functions
//! for autonomous agents", 1998, section 4.1): after a share `t` of the time there is, the provider
//! has conceded `alpha(t) = t^(1/beta)` of the way from its list price to its reserve price (their
//! kappa is 0: the first price asked is the list price). Time is counted in rounds, so a decision
//! can be made again from the ledger.
//!
//! `alpha` is exact to the part per million, rounded down: powers are compared, never computed
//! approximately. Pure; must never look at anything but its arguments.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::MicroCredits;
use crate::forms::{self, PPM};

/// Largest numerator and denominator of an exponent.
pub const EXPONENT_PART_MAX: u32 = 8;
/// Latest deadline, in rounds.
pub const DEADLINE_ROUNDS_MAX: u32 = 1_000;
/// Earliest deadline, in rounds: the first asks the list price, the second the reserve price.
pub const DEADLINE_ROUNDS_MIN: u32 = 2;

/// How the provider bargains over a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Bargaining {
    /// The list price in every round.
    #[default]
    TakeItOrLeaveIt,
    /// From the list price in the first round down to the reserve price at the deadline.
    Concession {
        /// The lowest price, in parts per million of the list price; 800,000 where left out.
        #[serde(default = "default_reserve", deserialize_with = "forms::ppm")]
        reserve_ppm: u32,
        /// How fast; linear where left out.
        #[serde(default)]
        tactic: Tactic,
        /// The round in which the reserve price is reached; 5 where left out.
        #[serde(default = "default_deadline")]
        deadline_rounds: u32,
    },
}

/// How fast the provider concedes: the exponent `1/beta`.
///
/// Written `"boulware"`, `"linear"`, `"conceder"`, or as a fraction such as `"3/2"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Tactic {
    /// Holds out and gives way at the end: exponent 3.
    Boulware,
    /// Gives way by the same amount every round: exponent 1.
    #[default]
    Linear,
    /// Gives way at once and little later: exponent 1/3.
    Conceder,
    /// This exponent, above 1 for holding out, below 1 for giving way.
    Exponent {
        /// Its numerator, 1 to [`EXPONENT_PART_MAX`].
        num: u32,
        /// Its denominator, 1 to [`EXPONENT_PART_MAX`].
        den: u32,
    },
}

/// Why a bargaining policy cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BargainingError {
    /// The reserve price is above the list price.
    #[error("reserve_ppm is {reserve_ppm}; the reserve price is at most 1000000 ppm of the list")]
    ReserveAboveList {
        /// What it is.
        reserve_ppm: u32,
    },
    /// The deadline leaves no time to concede, or too much.
    #[error(
        "deadline_rounds is {deadline_rounds}; it must be from {DEADLINE_ROUNDS_MIN} to \
         {DEADLINE_ROUNDS_MAX}"
    )]
    DeadlineOutOfRange {
        /// What it is.
        deadline_rounds: u32,
    },
    /// The exponent is none that can be computed.
    #[error("the exponent is {num}/{den}; both parts must be from 1 to {EXPONENT_PART_MAX}")]
    ExponentOutOfRange {
        /// Its numerator.
        num: u32,
        /// Its denominator.
        den: u32,
    },
    /// A text names no tactic.
    #[error(
        "\"{0}\" is no tactic; it is \"boulware\", \"linear\", \"conceder\" or an exponent such \
         as \"3/2\""
    )]
    UnknownTactic(String),
}

/// The price the provider asks in a round and all that it follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// The provider's list price.
    pub list: MicroCredits,
    /// What it asks in this round.
    pub price: MicroCredits,
    /// What it will not go below; none where it does not concede.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<MicroCredits>,
    /// Which round, from 1 on.
    pub round: u32,
    /// The round in which it asks the reserve price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_rounds: Option<u32>,
    /// The exponent of time, as numerator and denominator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exponent: Option<(u32, u32)>,
    /// How much of the way from the list to the reserve price is conceded, in parts per million.
    pub conceded_ppm: u32,
}

/// The provider's answer to a user's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceAnswer {
    /// Agreed, at this price.
    Agreed(MicroCredits),
    /// The user's price is below what the provider asks, which is its counter.
    TooLow {
        /// What it asks and why.
        asking: Asking,
    },
}

const fn default_reserve() -> u32 {
    800_000
}

const fn default_deadline() -> u32 {
    5
}

impl Tactic {
    /// The exponent of time, as numerator and denominator.
    #[must_use]
    pub const fn exponent(self) -> (u32, u32) {
        match self {
            Self::Boulware => (3, 1),
            Self::Linear => (1, 1),
            Self::Conceder => (1, 3),
            Self::Exponent { num, den } => (num, den),
        }
    }
}

impl fmt::Display for Tactic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boulware => f.write_str("boulware"),
            Self::Linear => f.write_str("linear"),
            Self::Conceder => f.write_str("conceder"),
            Self::Exponent { num, den } => write!(f, "{num}/{den}"),
        }
    }
}

impl FromStr for Tactic {
    type Err = BargainingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || BargainingError::UnknownTactic(text.to_owned());
        match text {
            "boulware" => Ok(Self::Boulware),
            "linear" => Ok(Self::Linear),
            "conceder" => Ok(Self::Conceder),
            fraction => {
                let (num, den) = fraction.split_once('/').ok_or_else(unknown)?;
                let part = |text: &str| text.trim().parse::<u32>().map_err(|_| unknown());
                let (num, den) = (part(num)?, part(den)?);
                exponent_in_range(num, den)?;
                Ok(Self::Exponent { num, den })
            }
        }
    }
}

impl TryFrom<String> for Tactic {
    type Error = BargainingError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Tactic> for String {
    fn from(tactic: Tactic) -> Self {
        tactic.to_string()
    }
}

impl Bargaining {
    /// Whether this policy can be used.
    ///
    /// # Errors
    /// The first rule that is broken, see [`BargainingError`].
    pub fn check(&self) -> Result<(), BargainingError> {
        let Self::Concession {
            reserve_ppm,
            tactic,
            deadline_rounds,
        } = *self
        else {
            return Ok(());
        };
        if reserve_ppm > PPM {
            return Err(BargainingError::ReserveAboveList { reserve_ppm });
        }
        if !(DEADLINE_ROUNDS_MIN..=DEADLINE_ROUNDS_MAX).contains(&deadline_rounds) {
            return Err(BargainingError::DeadlineOutOfRange { deadline_rounds });
        }
        let (num, den) = tactic.exponent();
        exponent_in_range(num, den)
    }

    /// What the provider asks in a round, counted from 1, of terms with this list price.
    ///
    /// In the first round the list price, from the deadline on the reserve price; between them
    /// `list - alpha (list - reserve)`, rounded up, so never below the reserve price.
    #[must_use]
    pub fn asking_price(&self, list: MicroCredits, round: u32) -> Asking {
        let mut asking = Asking {
            list,
            price: list,
            reserve: None,
            round,
            deadline_rounds: None,
            exponent: None,
            conceded_ppm: 0,
        };
        match *self {
            Self::TakeItOrLeaveIt => {}
            Self::Concession {
                reserve_ppm,
                tactic,
                deadline_rounds,
            } => {
                asking.reserve = Some(share_up(list, reserve_ppm.min(PPM)));
                asking.deadline_rounds = Some(deadline_rounds);
                asking.exponent = Some(tactic.exponent());
            }
        }
        asking.conceded_ppm = asking.alpha_ppm();
        asking.price = asking.again();
        asking
    }

    /// The answer to the most a user would pay, in a round.
    ///
    /// Without a limit, or with one at or above it, the list price is agreed; with one that is not
    /// below what the provider asks, the user's own; otherwise the provider asks its price.
    #[must_use]
    pub fn answer(
        &self,
        list: MicroCredits,
        limit: Option<MicroCredits>,
        round: u32,
    ) -> PriceAnswer {
        let Some(limit) = limit.filter(|limit| *limit < list) else {
            return PriceAnswer::Agreed(list);
        };
        let asking = self.asking_price(list, round);
        if asking.price <= limit {
            PriceAnswer::Agreed(limit)
        } else {
            PriceAnswer::TooLow { asking }
        }
    }
}

impl Asking {
    /// The price made again from what is recorded here alone.
    ///
    /// What is conceded is not taken from the record but follows from the round again.
    #[must_use]
    pub fn again(&self) -> MicroCredits {
        let Some(reserve) = self.reserve else {
            return self.list;
        };
        let room = self.list.0.saturating_sub(reserve.0);
        let conceded = u128::from(room) * u128::from(self.alpha_ppm()) / u128::from(PPM);
        let conceded = u64::try_from(conceded).unwrap_or(room).min(room);
        MicroCredits(self.list.0.saturating_sub(conceded))
    }

    fn alpha_ppm(&self) -> u32 {
        match (self.deadline_rounds, self.exponent) {
            (Some(deadline), Some(exponent)) => alpha_ppm(self.round, deadline, exponent),
            (None, _) | (_, None) => 0,
        }
    }
}

fn exponent_in_range(num: u32, den: u32) -> Result<(), BargainingError> {
    let parts = 1..=EXPONENT_PART_MAX;
    if parts.contains(&num) && parts.contains(&den) {
        return Ok(());
    }
    Err(BargainingError::ExponentOutOfRange { num, den })
}

/// `ppm` of `amount`, rounded up; `ppm` is at most one whole.
fn share_up(amount: MicroCredits, ppm: u32) -> MicroCredits {
    let share = (u128::from(amount.0) * u128::from(ppm)).div_ceil(u128::from(PPM));
    MicroCredits(u64::try_from(share).unwrap_or(amount.0))
}

/// The share conceded in `round` of `deadline`, `((round - 1) / (deadline - 1))^(num / den)`, in
/// parts per million and rounded down.
///
/// Exactly 0 in the first round and exactly one whole from the deadline on; a deadline of less than
/// two rounds is always over. Parts of the exponent out of range count as the nearest in it.
fn alpha_ppm(round: u32, deadline: u32, (num, den): (u32, u32)) -> u32 {
    if round >= deadline || deadline < DEADLINE_ROUNDS_MIN {
        return PPM;
    }
    let (gone, whole) = (round.saturating_sub(1), deadline.saturating_sub(1));
    let (num, den) = (
        num.clamp(1, EXPONENT_PART_MAX),
        den.clamp(1, EXPONENT_PART_MAX),
    );
    // The largest alpha with (alpha / PPM)^den <= (gone / whole)^num, both sides as integers.
    let bound = Product::of(&[(gone, num), (PPM, den)]);
    let (mut below, mut above) = (0, PPM);
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if Product::of(&[(middle, den), (whole, num)]) <= bound {
            below = middle;
        } else {
            above = middle;
        }
    }
    below
}

/// Limbs of a product: sixteen factors of 32 bits are at most 512 bits.
const LIMBS: usize = (2 * EXPONENT_PART_MAX) as usize;

/// An exact product of at most [`LIMBS`] factors, the most significant limb first, so that the
/// order of the limbs is the order of the numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Product([u32; LIMBS]);

impl Product {
    /// The product of these powers, whose exponents are [`LIMBS`] in sum at most.
    fn of(powers: &[(u32, u32)]) -> Self {
        let mut limbs = [0; LIMBS];
        if let Some(last) = limbs.last_mut() {
            *last = 1;
        }
        for &(base, exponent) in powers {
            for _ in 0..exponent {
                let mut carry = 0_u64;
                for limb in limbs.iter_mut().rev() {
                    let value = u64::from(*limb) * u64::from(base) + carry;
                    *limb = u32::try_from(value & u64::from(u32::MAX)).unwrap_or(u32::MAX);
                    carry = value >> 32;
                }
            }
        }
        Self(limbs)
    }
}
