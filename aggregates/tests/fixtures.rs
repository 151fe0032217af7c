//! Stored events of every released version still load, and mean the same.
//!
//! `fixtures/v1/NAME.json` is one payload as the ledger stores it. These files are never edited: a
//! changed shape is a new version with an upcaster and a folder of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use openpex_aggregates::live::{Fact, FoldError};
use serde_json::Value;

const ID: &str = "f07640d4-32bc-4db6-857e-32b5595ba066";

/// Every event there is, by the kind of its stream. The simulation fails when it sees another.
const EVENTS: [(&str, &str, &[&str]); 7] = [
    (
        "reservation",
        ID,
        &[
            "ReservationInitiated",
            "TermsProposed",
            "TermsAccepted",
            "TermsCountered",
            "TermsRejected",
            "HoldsEnded",
            "OfferAccepted",
            "ReservationConfirmed",
            "ReservationChanged",
            "ChangeEnded",
            "OptionsClaimed",
            "OptionsEnded",
            "CapacityCredited",
            "ReservationActivated",
            "ReservationWithdrawn",
            "ReservationLapsed",
            "ReservationCancelled",
            "ReservationExpired",
        ],
    ),
    (
        "instance",
        ID,
        &[
            "InstanceRequested",
            "InstanceRescheduled",
            "StartRequested",
            "StopRequested",
            "RebootRequested",
            "RemovalRequested",
            "EffectIntended",
            "EffectSucceeded",
            "EffectFailed",
            "EffectStuck",
            "PowerStateObserved",
            "InstanceRemoved",
        ],
    ),
    (
        "node",
        "n1",
        &["NodeRegistered", "NodeCapacityChanged", "NodeStatusChanged"],
    ),
    (
        "series",
        ID,
        &[
            "SeriesAsked",
            "SeriesAccepted",
            "SeriesRejected",
            "SeriesConfirmed",
            "SeriesWithdrawn",
            "SeriesCancelled",
        ],
    ),
    (
        "standing-request",
        ID,
        &[
            "StandingRequestMade",
            "StandingRequestMet",
            "StandingRequestWithdrawn",
            "StandingRequestExpired",
        ],
    ),
    ("site", "site", &["PolicyAdopted"]),
    (
        "account",
        "7",
        &["CreditsGranted", "CreditsCharged", "CreditsRefunded"],
    ),
];

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", "v1"]
        .iter()
        .collect()
}

fn stored(event: &str) -> String {
    let path = folder().join(format!("{event}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    EVENTS
        .iter()
        .flat_map(|(stream, id, events)| events.iter().map(move |event| (*stream, *id, *event)))
}

/// What serde says of a variant that is not there: the names of those that are.
fn variants_of(stream: &str, id: &str) -> BTreeSet<String> {
    let error = Fact::from_stored(stream, id, "None", "1", r#""NoSuchEvent""#).unwrap_err();
    let FoldError::BadPayload { source, .. } = error else {
        panic!("{error}");
    };
    let message = source.to_string();
    let (_, names) = message.split_once("expected ").unwrap();
    names
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn given_a_stored_event_when_loaded_then_it_is_stored_again_as_the_same() {
    for (stream, id, event) in all() {
        let payload = stored(event);
        let fact = Fact::from_stored(stream, id, event, "1", &payload)
            .unwrap_or_else(|error| panic!("{event}: {error:?}"));
        assert_eq!(fact.event_type(), event);
        assert_eq!(fact.event_version(), "1");
        assert_eq!(
            (fact.aggregate_type(), fact.aggregate_id().as_str()),
            (stream, id)
        );
        let before: Value = serde_json::from_str(&payload).unwrap();
        let after: Value = serde_json::from_str(&fact.payload()).unwrap();
        assert!(says_all_of(&after, &before), "{event}: {after} of {before}");
        // What was not said before has a meaning now, and keeps it.
        let again = Fact::from_stored(stream, id, event, "1", &fact.payload()).unwrap();
        assert_eq!(again, fact, "{event}");
    }
}

/// Whether `after` says everything that `before` says; it may say more.
fn says_all_of(after: &Value, before: &Value) -> bool {
    match (after, before) {
        (Value::Object(after), Value::Object(before)) => before.iter().all(|(name, field)| {
            after
                .get(name)
                .is_some_and(|after| says_all_of(after, field))
        }),
        (after, before) => after == before,
    }
}

#[test]
fn given_every_event_the_code_knows_when_looked_up_then_it_has_a_fixture_and_no_more_are_there() {
    for (stream, id, events) in EVENTS {
        let listed: BTreeSet<String> = events.iter().map(ToString::to_string).collect();
        assert_eq!(variants_of(stream, id), listed, "{stream}");
    }
    let files = std::fs::read_dir(folder()).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<String> = all().map(|(.., event)| format!("{event}.json")).collect();
    assert_eq!(files, listed);
}

#[test]
fn given_what_is_no_event_of_ours_when_loaded_then_it_is_an_error_that_says_why() {
    let load = |stream, id, version, payload| {
        Fact::from_stored(stream, id, "ReservationLapsed", version, payload)
            .unwrap_err()
            .to_string()
    };
    let lapsed = r#""ReservationLapsed""#;
    assert_eq!(
        load("reservation", ID, "2", lapsed),
        "ReservationLapsed has version 2; this program knows 1"
    );
    assert_eq!(
        load("reservation", "17", "1", lapsed),
        "\"17\" is no id of a reservation"
    );
    assert_eq!(
        load("order", ID, "1", lapsed),
        "unknown aggregate type \"order\""
    );
    assert_eq!(
        load("reservation", ID, "1", "{\"ReservationLapsed\""),
        "the payload of ReservationLapsed does not read"
    );
}
