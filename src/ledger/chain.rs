//! The hash chain: each event's hash covers its stored bytes and the hash before it.
//!
//! Nothing is re-serialised: what is hashed is what is stored, so any reader of the table can check the
//! chain with SHA-256 and nothing else. The canonical form, integers big endian:
//!
//! ```text
//! "openpex-event-1" | previous hash (32) | position u64 | recorded_at i64 | sequence u64
//! then for each of aggregate_type, aggregate_id, event_type, event_version, metadata, payload:
//!     length in bytes u64 | bytes
//! ```
//!
//! The lengths keep two events from having one form; the first words name the form, so that another
//! form can follow it one day.

use openpex_aggregates::Timestamp;
use sha2::{Digest, Sha256};

use super::event::{ChainHash, Head, NewEvent, StoredEvent};

/// Opens the canonical form and names it.
const FORM: &[u8] = b"openpex-event-1";

/// What is hashed of an event besides the hash before it.
struct Link<'a> {
    position: u64,
    recorded_at: Timestamp,
    sequence: u64,
    /// `aggregate_type`, `aggregate_id`, `event_type`, `event_version`, `metadata`, `payload`.
    texts: [&'a str; 6],
}

impl Link<'_> {
    fn hash(&self, previous: ChainHash) -> ChainHash {
        let mut sha = Sha256::new();
        sha.update(FORM);
        sha.update(previous.0);
        sha.update(self.position.to_be_bytes());
        sha.update(self.recorded_at.0.to_be_bytes());
        sha.update(self.sequence.to_be_bytes());
        for text in self.texts {
            // `usize` is at most 64 bits wide on every platform Rust has.
            sha.update((text.len() as u64).to_be_bytes());
            sha.update(text.as_bytes());
        }
        ChainHash(sha.finalize().into())
    }
}

/// The hash `event` must have when `previous` is the hash of the event before it.
#[must_use]
pub fn hash_of(event: &StoredEvent, previous: ChainHash) -> ChainHash {
    Link {
        position: event.position,
        recorded_at: event.recorded_at,
        sequence: event.sequence,
        texts: [
            &event.aggregate_type,
            &event.aggregate_id,
            &event.event_type,
            &event.event_version,
            &event.metadata,
            &event.payload,
        ],
    }
    .hash(previous)
}

/// The hashes of `events` when they are appended at `head`, in order.
#[must_use]
pub fn extend(head: Head, events: &[NewEvent]) -> Vec<ChainHash> {
    let mut previous = head.hash;
    let positions = head.position + 1..;
    events
        .iter()
        .zip(positions)
        .map(|(event, position)| {
            previous = Link {
                position,
                recorded_at: event.recorded_at,
                sequence: event.sequence,
                texts: [
                    event.aggregate_type,
                    &event.aggregate_id,
                    &event.event_type,
                    &event.event_version,
                    &event.metadata,
                    &event.payload,
                ],
            }
            .hash(previous);
            previous
        })
        .collect()
}

/// The head of the ledger once `events` with these `hashes` have been appended at `head`.
#[must_use]
pub fn head_after(head: Head, events: &[NewEvent], hashes: &[ChainHash]) -> Head {
    match (events.last(), hashes.last()) {
        (Some(event), Some(hash)) => Head {
            position: head.position + hashes.len() as u64,
            hash: *hash,
            recorded_at: event.recorded_at,
        },
        _ => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(payload: &str) -> NewEvent {
        NewEvent {
            aggregate_type: "reservation",
            aggregate_id: "f07640d4-32bc-4db6-857e-32b5595ba066".into(),
            sequence: 1,
            event_type: "ReservationInitiated".into(),
            event_version: "1".into(),
            payload: payload.into(),
            metadata: r#"{"sender":"user"}"#.into(),
            recorded_at: Timestamp(1_250_484_543_000),
        }
    }

    // The expected values come from another implementation, Python's:
    //
    //   import hashlib, struct
    //   def link(prev, position, recorded_at, sequence, texts):
    //       b = b"openpex-event-1" + prev + struct.pack(">QqQ", position, recorded_at, sequence)
    //       for t in texts:
    //           b += struct.pack(">Q", len(t.encode())) + t.encode()
    //       return hashlib.sha256(b).digest()
    //   texts = ["reservation", "f07640d4-32bc-4db6-857e-32b5595ba066", "ReservationInitiated", "1",
    //            '{"sender":"user"}']
    //   one = link(bytes(32), 1, 1250484543000, 1, texts + ['{"user": "Zoë", "n": 1e400}'])
    //   two = link(one, 2, 1250484543000, 1, texts + ['{}'])
    #[test]
    fn a_chain_of_two_has_the_hashes_another_implementation_gives() {
        let hashes = extend(
            Head::EMPTY,
            &[event("{\"user\": \"Zoë\", \"n\": 1e400}"), event("{}")],
        );
        assert_eq!(
            hashes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "08ef5a9b619639ecfb38d6e3ad0789f2e49574b72afbd4471c003db3c46946f3",
                "90212cab622891fa51e333ad102d5c2d31b7fe48983fd97eeda324d020ed3b4a"
            ]
        );
    }

    #[test]
    fn moving_a_byte_from_one_field_to_the_next_changes_the_hash() {
        let mut one = event("{}");
        one.event_type = "Ab".into();
        one.event_version = "c".into();
        let mut other = one.clone();
        other.event_type = "A".into();
        other.event_version = "bc".into();
        assert_ne!(extend(Head::EMPTY, &[one]), extend(Head::EMPTY, &[other]));
    }
}
