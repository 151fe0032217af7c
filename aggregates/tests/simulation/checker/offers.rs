//! What an answer says: in one thing different from what was asked, at a price that follows.

use serde_json::Value;

use super::record::{Offer, Record, Terms, count, int, sum, text};
use super::table::Negotiation;
use super::{Checked, Checker, must};

const WHOLE_PPM: u64 = 1_000_000;

impl Checker {
    /// An accept is what was asked; alternatives differ in one thing, inside the user's bounds.
    pub(super) fn expect_answers(
        &self,
        it: &mut Negotiation,
        (offers, accept): (&[Offer], bool),
        record: &Record,
    ) -> Checked {
        let limits = &self.policy["limits"];
        let most = count(&limits["alternatives_max"]).min(4);
        must((1..=most).contains(&(offers.len() as u64)), || {
            format!("{} offers", offers.len())
        })?;
        let asking = self.expect_asking(it, &record.data()["evidence"])?;
        let asked = it.asked.as_ref().ok_or("nothing asked")?;
        let mut before: Option<(u8, i64)> = None;
        for offer in offers {
            let kind = expect_one_difference(asked, offer, accept)?;
            self.expect_inside_bounds(it, asked, offer, record.at)?;
            self.expect_price(asked, offer, asking)?;
            self.expect_options(asked, offer)?;
            // An extension first, then starts by their distance, then fewer instances.
            let rank = (kind, (offer.terms.from - asked.from).abs());
            must(before.is_none_or(|before| before <= rank), || {
                "the first alternative is not the best".into()
            })?;
            before = Some(rank);
        }
        Ok(())
    }

    fn expect_inside_bounds(
        &self,
        it: &Negotiation,
        asked: &Terms,
        offer: &Offer,
        at: i64,
    ) -> Checked {
        let terms = &offer.terms;
        let known = it.agreement.as_ref().map(|offer| &offer.terms);
        let keeps = known.is_some_and(|known| known.from == terms.from);
        must(terms.from >= at || keeps, || "a start in the past".into())?;
        must(terms.until > at && terms.from < terms.until, || {
            "a window in the past".into()
        })?;
        must(terms.from >= asked.earliest.unwrap_or(asked.from), || {
            "earlier than the user can".into()
        })?;
        must(
            asked.latest.is_none_or(|latest| terms.until <= latest),
            || "later than the user can".into(),
        )?;
        let horizon = at + int(&self.policy["limits"]["horizon_ms"]);
        must(terms.from <= horizon, || "past the horizon".into())?;
        let hold_ms = int(&self.policy["hold_secs"]) * 1_000;
        must(offer.expires_at == at + hold_ms, || {
            "another hold than the policy's".into()
        })?;
        if it.status == "Activated" {
            let known = known.ok_or("running without an agreement")?;
            must(terms.from == known.from, || "a move of what runs".into())?;
            let mut stay = it.staying(terms.fixed).into_iter();
            must(
                stay.all(|(node, count)| offer.placement.get(&node) >= Some(&count)),
                || "what runs would move to another node".into(),
            )?;
        }
        Ok(())
    }

    /// What the provider asks in this round, in micro-credits: never more than in the round
    /// before, never below its reserve. `None` where it does not bargain.
    pub(super) fn expect_asking(
        &self,
        it: &mut Negotiation,
        evidence: &Value,
    ) -> Result<Option<u64>, String> {
        let version = count(&self.policy["version"]);
        must(count(&evidence["policy_version"]) == version, || {
            "judged under another policy".into()
        })?;
        let bargaining = &self.policy["bargaining"];
        let asking = &evidence["asking"];
        let concedes = text(&bargaining["policy"]) == "concession";
        let priced = !evidence["price_as_asked"].is_null();
        must(asking.is_object() == (concedes && priced), || {
            "bargaining and its evidence do not agree".into()
        })?;
        if !asking.is_object() {
            return Ok(None);
        }
        let (list, price) = (count(&asking["list"]), count(&asking["price"]));
        let share = u128::from(list) * u128::from(count(&bargaining["reserve_ppm"]));
        let reserve = u64::try_from(share.div_ceil(WHOLE_PPM.into())).unwrap();
        must(count(&asking["reserve"]) == reserve, || {
            "another reserve price".into()
        })?;
        must(reserve <= price && price <= list, || {
            format!("asks {price}, not between {reserve} and {list}")
        })?;
        must(count(&asking["round"]) == it.round, || {
            "asks for another round".into()
        })?;
        let deadline = count(&bargaining["deadline_rounds"]);
        must(it.round < deadline || price == reserve, || {
            "asks above the reserve after the deadline".into()
        })?;
        must(it.round > 1 || price == list, || {
            "concedes in the first round".into()
        })?;
        if text(&bargaining["tactic"]) == "linear" && it.round < deadline {
            let ppm = (it.round - 1) * WHOLE_PPM / (deadline - 1);
            let conceded = u128::from(list - reserve) * u128::from(ppm) / u128::from(WHOLE_PPM);
            must(u128::from(list - price) == conceded, || {
                "concedes another amount".into()
            })?;
        }
        if let Some((under, was_list, was)) = it.asking_before {
            let same = under == version && was_list == list;
            must(!same || price <= was, || {
                format!("asks {price} after {was} for the same")
            })?;
        }
        it.asking_before = Some((version, list, price));
        Ok(Some(price))
    }

    fn expect_price(&self, asked: &Terms, offer: &Offer, asking: Option<u64>) -> Checked {
        let (terms, quote) = (&offer.terms, &offer.raw["quote"]);
        self.expect_quote(quote, terms, terms.fixed)?;
        let list = count(&quote["price"]);
        let price = offer.price;
        let by_price = offer.raw["differs"]["price"].is_object();
        match asked.limit {
            None => must(price == list, || "not the list price".into()),
            Some(limit) if by_price => {
                let asks = asking.unwrap_or(list);
                must(price == asks && limit < price, || {
                    format!("asks {price} of a user who pays {limit}")
                })
            }
            Some(limit) if list <= limit => must(price == list, || {
                "bargained where the price was right".into()
            }),
            // Agreed below the list: at the user's own price, no lower than what is asked.
            Some(limit) => {
                let reserve = self.policy["bargaining"]["reserve_ppm"].as_u64();
                let least = u128::from(list) * u128::from(reserve.unwrap_or(WHOLE_PPM));
                let least = least.div_ceil(WHOLE_PPM.into());
                must(price == limit && u128::from(price) >= least, || {
                    format!("agreed on {price} where {list} is the list and {limit} the limit")
                })
            }
        }
    }

    /// A flat price made again; of every other policy what is paid for.
    fn expect_quote(&self, quote: &Value, terms: &Terms, instances: u64) -> Checked {
        must(quote["pricing"] == self.policy["pricing"], || {
            "priced by another policy".into()
        })?;
        must(int(&quote["duration_ms"]) == terms.duration(), || {
            "priced for another time".into()
        })?;
        let wanted = terms.size.map(|amount| amount * instances);
        must(super::amounts(&quote["resources"]) == wanted, || {
            "priced for another amount".into()
        })?;
        if text(&quote["pricing"]["policy"]) != "flat" {
            return Ok(());
        }
        let rate = |name: &str| u128::from(count(&quote["pricing"]["rates"][name]));
        let [vcpus, mib, gib] = wanted.map(u128::from);
        let ms = u128::from(terms.duration().unsigned_abs());
        let hourly = (vcpus * rate("vcpu_hour") + gib * rate("disk_gib_hour")) * 1_024
            + mib * rate("memory_gib_hour");
        let price = (hourly * ms).div_ceil(3_600_000 * 1_024);
        must(u128::from(count(&quote["price"])) == price, || {
            format!("priced {}, not {price}", quote["price"])
        })
    }

    /// As many options as were asked for at most, held by the claim risk.
    fn expect_options(&self, asked: &Terms, offer: &Offer) -> Checked {
        let granted = offer.granted;
        must(
            granted <= asked.option && granted == offer.terms.option,
            || format!("{granted} options of {}", asked.option),
        )?;
        if granted == 0 {
            return must(offer.raw["options"].is_null(), || {
                "no option granted".into()
            });
        }
        let risk = count(&self.policy["claim_risk_ppm"]);
        let held = (granted * risk).div_ceil(WHOLE_PPM);
        must(sum(&offer.held_options) == held, || {
            format!("{} options held of {held}", sum(&offer.held_options))
        })?;
        self.expect_quote(&offer.raw["options"]["each"], &offer.terms, 1)
    }
}

/// In what an offer differs: 0 not at all, or the rank of the one thing. What is said to differ
/// is what does.
fn expect_one_difference(asked: &Terms, offer: &Offer, accept: bool) -> Result<u8, String> {
    let terms = &offer.terms;
    let rest = |terms: &Terms| {
        let mut raw = terms.raw.clone();
        let fields = raw.as_object_mut().expect("terms");
        for field in [
            "window",
            "instances_fixed",
            "instances_option",
            "asked_start_at",
        ] {
            fields.remove(field);
        }
        raw
    };
    must(rest(terms) == rest(asked), || "other terms".into())?;
    let ends = asked.from == terms.from && asked.until != terms.until;
    let starts = asked.from != terms.from;
    let fewer = asked.fixed != terms.fixed;
    let dearer = asked.limit.is_some_and(|limit| limit < offer.price);
    let differences = [ends, starts, fewer, dearer];
    let many = differences.iter().filter(|differs| **differs).count();
    must(many == usize::from(!accept), || {
        format!("{many} differences in an answer of accept={accept}")
    })?;
    let said = &offer.raw["differs"];
    if ends {
        must(terms.until < asked.until, || {
            "a later end than asked".into()
        })?;
        must(int(&said["end"]["asked"]) == asked.until, || {
            "asked end".into()
        })?;
        must(int(&said["end"]["granted"]) == terms.until, || "end".into())?;
        return Ok(1);
    }
    must(terms.duration() == asked.duration(), || {
        "another duration".into()
    })?;
    if starts {
        let by = terms.from - asked.from;
        must(int(&said["start"]["by_ms"]) == by, || "start".into())?;
        return Ok(2);
    }
    if fewer {
        must(terms.fixed < asked.fixed && terms.fixed > 0, || {
            "more instances than asked".into()
        })?;
        let granted = count(&said["instances"]["granted"]);
        must(granted == terms.fixed, || "instances".into())?;
        return Ok(3);
    }
    if dearer {
        let price = count(&said["price"]["price"]);
        must(price == offer.price, || "price".into())?;
        return Ok(4);
    }
    must(said.is_null(), || "an accept that differs".into())?;
    Ok(0)
}
