//! What is stored, read without the domain's types.

use std::collections::BTreeMap;

use serde_json::Value;

/// An event as the ledger exports it.
#[derive(Clone, Debug)]
pub struct Record {
    pub at: i64,
    pub stream: String,
    pub id: String,
    pub sequence: u64,
    pub sender: &'static str,
    pub payload: Value,
}

impl Record {
    pub fn event(&self) -> &str {
        let named = self.payload.as_object().and_then(|o| o.keys().next());
        let bare = self.payload.as_str();
        named.map(String::as_str).or(bare).unwrap_or_default()
    }

    pub fn data(&self) -> &Value {
        self.payload.get(self.event()).unwrap_or(&Value::Null)
    }
}

pub fn int(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("no integer: {value}"))
}

pub fn count(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("no count: {value}"))
}

pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

pub fn list(value: &Value) -> &[Value] {
    value
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value}"))
}

pub fn amounts(value: &Value) -> [u64; 3] {
    ["vcpus", "memory_mib", "disk_gib"].map(|dimension| count(&value[dimension]))
}

/// How many instances on which node.
pub type Parts = BTreeMap<String, u64>;

pub fn parts(placement: &Value) -> Parts {
    let mut parts = Parts::new();
    for part in list(placement) {
        *parts.entry(text(&part["node"])).or_default() += count(&part["count"]);
    }
    parts
}

pub fn sum(parts: &Parts) -> u64 {
    parts.values().sum()
}

/// Both together, node by node.
pub fn both(one: &Parts, other: &Parts) -> Parts {
    let mut parts = one.clone();
    for (node, count) in other {
        *parts.entry(node.clone()).or_default() += count;
    }
    parts
}

/// Terms as they were asked for or are granted.
#[derive(Clone, Debug)]
pub struct Terms {
    pub raw: Value,
    pub from: i64,
    pub until: i64,
    pub fixed: u64,
    pub option: u64,
    pub size: [u64; 3],
    pub limit: Option<u64>,
    pub earliest: Option<i64>,
    pub latest: Option<i64>,
}

impl Terms {
    pub fn of(raw: &Value) -> Self {
        Self {
            from: int(&raw["window"]["starts_at"]),
            until: int(&raw["window"]["ends_at"]),
            fixed: count(&raw["instances_fixed"]),
            option: count(&raw["instances_option"]),
            size: amounts(&raw["size"]),
            limit: raw["price_limit"].as_u64(),
            earliest: raw["earliest_start_at"].as_i64(),
            latest: raw["latest_end_at"].as_i64(),
            raw: raw.clone(),
        }
    }

    pub const fn duration(&self) -> i64 {
        self.until - self.from
    }
}

/// What is granted: terms, a price and a place.
#[derive(Clone, Debug)]
pub struct Offer {
    pub raw: Value,
    pub number: u64,
    pub terms: Terms,
    pub price: u64,
    pub placement: Parts,
    /// How many optional instances can be claimed.
    pub granted: u64,
    /// Where those of them are that are held.
    pub held_options: Parts,
    pub expires_at: i64,
}

impl Offer {
    pub fn of(raw: &Value) -> Self {
        let options = &raw["options"];
        let has_options = options.is_object();
        Self {
            number: count(&raw["offer_id"]),
            terms: Terms::of(&raw["terms"]),
            price: raw["agreed_price"]
                .as_u64()
                .unwrap_or_else(|| count(&raw["quote"]["price"])),
            placement: parts(&raw["placement"]),
            granted: if has_options {
                count(&options["granted"])
            } else {
                0
            },
            held_options: if has_options {
                parts(&options["held"])
            } else {
                Parts::new()
            },
            expires_at: int(&raw["expires_at"]),
            raw: raw.clone(),
        }
    }

    /// All it takes of the nodes.
    pub fn taken(&self) -> Parts {
        both(&self.placement, &self.held_options)
    }
}
