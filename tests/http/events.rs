//! The stream of events: to whom it says what, where it begins, how it ends.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use openpex::http::limits::{
    EVENT_STREAMS_PER_USER_MAX, SLOW_CLIENT_MAX, STREAM_CHUNKS_MAX, STREAM_SILENCE_MAX,
};
use tower::ServiceExt as _;

use crate::sessions::page;
use crate::site::{Ask, START, Setup, Site, figure_7, figure_7_at};
use crate::sse::{Heard, Said};

/// How long a stream may take to say something.
const PATIENCE: Duration = Duration::from_secs(30);

struct Stream {
    body: Body,
    heard: Heard,
    waiting: VecDeque<Said>,
}

impl Stream {
    async fn open(site: &Site, ask: Ask) -> Self {
        let response = site.router.clone().oneshot(ask.into_request()).await;
        let (parts, body) = response.unwrap().into_parts();
        assert_eq!(parts.status, 200);
        assert_eq!(parts.headers["content-type"], "text/event-stream");
        assert_eq!(parts.headers["cache-control"], "no-store");
        Self {
            body,
            heard: Heard::default(),
            waiting: VecDeque::new(),
        }
    }

    /// What it says next; `None` once it has ended.
    async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some(said) = self.waiting.pop_front() {
                return Some(said);
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await;
            let frame = frame.expect("the stream says something")?;
            let bytes = frame.unwrap().into_data().unwrap();
            self.waiting.extend(self.heard.hear(&bytes));
        }
    }

    /// What it says next, after a check that it is how far it is.
    async fn position(&mut self) -> u64 {
        let said = self.next().await.unwrap();
        assert_eq!(said.event, "position", "{said:?}");
        assert_eq!(said.data["position"], said.id.unwrap());
        said.id.unwrap()
    }

    /// All events up to `head`; the stream says that it is there.
    async fn up_to(&mut self, head: u64) -> Vec<Said> {
        let mut events = Vec::new();
        loop {
            let said = self.next().await.unwrap();
            let id = said.id.unwrap();
            if said.event != "position" {
                assert_eq!(said.data["position"], id);
                events.push(said);
            }
            if id >= head {
                return events;
            }
        }
    }
}

fn positions(events: &[Said]) -> Vec<u64> {
    events.iter().map(|said| said.id.unwrap()).collect()
}

fn events() -> Ask {
    Ask::get("events")
}

/// Somebody's own entry, so that a stream that follows it has a last event.
async fn propose(site: &Site, name: &str) -> String {
    let ask = Ask::post("reservations").body(figure_7()).by(name);
    site.call(ask).await.expect(200).id()
}

#[tokio::test]
async fn given_a_life_when_listened_to_then_each_hears_what_concerns_them_and_nothing_else() {
    let site = Site::new().await;
    let mut zoe = Stream::open(&site, events()).await;
    let begin = zoe.position().await;
    assert_eq!(zoe.heard.retry, Some(1_000));
    let (mut max, mut eve) = (
        Stream::open(&site, events().by("max")).await,
        Stream::open(&site, events().by("eve")).await,
    );
    assert_eq!((max.position().await, eve.position().await), (begin, begin));
    let (id, instance) = site.activated().await;
    let theirs = propose(&site, "max").await;
    let head = site.head().await;
    // Everybody hears of the nodes: a stream that is told of this one has heard all before.
    let all: Vec<_> = eve.up_to(head).await;
    assert_eq!(positions(&all), (begin + 1..=head).collect::<Vec<_>>());
    let own = |user: i64| {
        let of_user = all.iter().filter(move |said| said.data["userid"] == user);
        of_user.cloned().collect::<Vec<_>>()
    };
    let last_of = |events: &[Said]| events.last().unwrap().id.unwrap();
    assert_eq!(max.up_to(last_of(&own(2))).await, own(2));
    assert_eq!(zoe.up_to(last_of(&own(1))).await, own(1));
    assert_eq!(own(1).len() + own(2).len(), all.len());
    let initiated = own(1)
        .into_iter()
        .find(|said| said.data["aggregate"] == "reservation");
    let initiated = initiated.unwrap();
    assert_eq!(initiated.event, "ReservationInitiated");
    assert_eq!(initiated.data["event"], "ReservationInitiated");
    assert_eq!(initiated.data["aggregate"], "reservation");
    assert_eq!(initiated.data["id"], id);
    assert_eq!(initiated.data["reservation"], id);
    assert_eq!(initiated.data["sender"], "user");
    assert_eq!(initiated.data["at"], "2009-08-17T04:00:00.000Z");
    assert_eq!(initiated.data.as_object().unwrap().len(), 8);
    let of_instance = own(1)
        .into_iter()
        .filter(|said| said.data["aggregate"] == "instance");
    let of_instance: Vec<_> = of_instance.collect();
    assert!(of_instance.len() >= 3, "requested, intended, succeeded");
    for said in of_instance {
        assert_eq!(said.data["id"], instance);
        assert_eq!(said.data["reservation"], id);
    }
    let of_max = own(2)
        .into_iter()
        .filter(|said| said.data["aggregate"] != "account");
    let mut of_max = of_max.map(|said| said.data["reservation"].clone());
    assert!(of_max.all(|reservation| reservation == *theirs));
    // What a stream has said, its user can read.
    let shown = site.call(Ask::get(&format!("reservations/{id}"))).await;
    assert!(shown.json()["position"].as_u64().unwrap() <= head);
}

#[tokio::test]
async fn given_the_site_changes_when_listened_to_then_everybody_hears_of_nodes_and_policy() {
    let site = Site::new().await;
    let mut zoe = Stream::open(&site, Ask::get("events?after=0")).await;
    assert_eq!(zoe.position().await, 0);
    let told = zoe.up_to(site.head().await).await;
    let said: Vec<_> = told
        .iter()
        .map(|said| said.data["aggregate"].as_str().unwrap())
        .collect();
    assert!(
        said.contains(&"node") && said.contains(&"policy"),
        "{said:?}"
    );
    assert!(told.iter().all(|said| said.data["userid"].is_null()));
}

#[tokio::test]
async fn given_one_reservation_is_asked_for_when_others_change_then_only_it_is_told_of() {
    let site = Site::new().await;
    let before = site.head().await;
    let other = Ask::post("reservations").body(figure_7_at("2009-08-18T12:00:00Z"));
    let other = site.call(other).await.expect(200).id();
    let (id, _) = site.activated().await;
    let head = site.head().await;
    let path = format!("events?reservation={id}&after={before}");
    for name in ["zoe", "admin"] {
        let mut stream = Stream::open(&site, Ask::get(&path).by(name)).await;
        let told = stream.up_to(head).await;
        assert!(told.iter().any(|said| said.data["aggregate"] == "instance"));
        assert!(told.iter().all(|said| said.data["reservation"] == id));
    }
    for path in [path, format!("events?reservation={other}")] {
        let ask = Ask::get(&path).by("max");
        site.call(ask).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn given_a_stream_breaks_again_and_again_when_resumed_then_nothing_is_lost_or_doubled() {
    let site = Site::new().await;
    let begin = site.head().await;
    let end = std::sync::OnceLock::new();
    let made = async {
        for minute in 0..40 {
            let proposal = figure_7_at(&format!("2009-08-17T05:{minute:02}:00Z"));
            for name in ["zoe", "max"] {
                let ask = Ask::post("reservations").body(proposal.clone()).by(name);
                site.call(ask).await.expect(200);
            }
        }
        propose(&site, "zoe").await;
        end.set(site.head().await).unwrap();
    };
    let heard = async {
        let (mut own, mut last) = (Vec::new(), begin);
        // Each stream breaks after a few events, while more are appended.
        while end.get().is_none_or(|end| last < *end) {
            let ask = events().header("last-event-id", &last.to_string());
            let mut stream = Stream::open(&site, ask).await;
            for _ in 0..7 {
                let said = stream.next().await.unwrap();
                last = said.id.unwrap();
                if said.event != "position" {
                    own.push(said);
                }
                if end.get().is_some_and(|end| last >= *end) {
                    break;
                }
            }
        }
        own
    };
    let ((), own) = tokio::join!(made, heard);
    let mut whole = Stream::open(&site, Ask::get(&format!("events?after={begin}"))).await;
    let whole = whole.up_to(*end.get().unwrap()).await;
    assert_eq!(positions(&own), positions(&whole));
    assert!(own == whole, "the same, however it was heard");
    assert!(own.len() > 3 * 40 && own.iter().all(|said| said.data["userid"] == 1));
}

#[tokio::test]
async fn given_a_position_that_cannot_be_gone_on_from_when_asked_then_it_says_so() {
    let site = Site::new().await;
    let head = site.head().await;
    let path = format!("events?after={}", head + 1);
    let ahead = site.call(Ask::get(&path)).await;
    assert_eq!(ahead.expect_problem(409, "position_ahead")["head"], head);
    for path in [
        "events?after=-1",
        "events?after=x",
        "events?after=1&after=2",
    ] {
        let problem = site.call(Ask::get(path)).await;
        assert_eq!(
            problem.expect_problem(400, "bad_parameter")["parameter"],
            "after"
        );
    }
    let named = events().header("last-event-id", "first");
    site.call(named).await.expect_problem(400, "bad_parameter");
    let unknown = site.call(Ask::get("events?from=1")).await;
    unknown.expect_problem(400, "unknown_parameter");
    site.call(events().anonymous())
        .await
        .expect_problem(401, "credentials_missing");
    // The header is the newer of the two.
    let both = Ask::get(&path).header("last-event-id", &head.to_string());
    assert_eq!(Stream::open(&site, both).await.position().await, head);
}

#[tokio::test]
async fn given_the_views_are_not_there_when_asked_then_the_client_is_to_come_back() {
    let site = Site::with(Setup {
        views_run: false,
        ..Setup::default()
    })
    .await;
    let refused = site.call(events()).await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect_problem(503, "views_behind");
}

#[tokio::test]
async fn given_too_many_streams_of_a_user_when_one_more_is_opened_then_it_is_429_until_one_closes()
{
    let site = Site::new().await;
    let mut open = Vec::new();
    for _ in 0..EVENT_STREAMS_PER_USER_MAX {
        open.push(Stream::open(&site, events()).await);
    }
    let refused = site.call(events()).await;
    assert_eq!(refused.header("retry-after"), "1");
    let problem = refused.expect_problem(429, "too_many_streams");
    assert_eq!(problem["limit"], EVENT_STREAMS_PER_USER_MAX);
    Stream::open(&site, events().by("max")).await;
    drop(open.pop());
    wait_for_listeners(&site, EVENT_STREAMS_PER_USER_MAX - 1).await;
    Stream::open(&site, events()).await.position().await;
}

/// Waits until so many streams are open.
async fn wait_for_listeners(site: &Site, count: usize) {
    let there = async {
        while site.events.listeners() != count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let there = tokio::time::timeout(PATIENCE, there).await;
    assert!(there.is_ok(), "{} are open", site.events.listeners());
}

#[tokio::test]
async fn given_a_client_that_reads_nothing_when_its_room_is_full_then_its_stream_ends() {
    let site = Site::new().await;
    let begin = site.head().await;
    let mut quick = Stream::open(&site, events()).await;
    let mut pieces = 0;
    // As many pieces as there is room for, and then some.
    let slow = Stream::open(&site, events()).await;
    while pieces < STREAM_CHUNKS_MAX + 2 {
        propose(&site, "zoe").await;
        quick.up_to(site.head().await).await;
        pieces += 1;
    }
    let full = tokio::time::Instant::now();
    wait_for_listeners(&site, 1).await;
    let waited = full.elapsed();
    assert!(waited < 2 * SLOW_CLIENT_MAX, "{waited:?}");
    // What it had room for is in order and without a hole, so it can go on from there.
    let mut slow = slow;
    let (mut last, mut ids) = (begin, Vec::new());
    while let Some(said) = slow.next().await {
        last = said.id.unwrap_or(last);
        if said.event != "position" && said.event != "end" {
            ids.extend(said.id);
        }
    }
    assert_eq!(ids, (begin + 1..=last).collect::<Vec<_>>());
    // Who has read is told in the silence where the stream stands.
    let silent = tokio::time::Instant::now();
    assert_eq!(quick.position().await, site.head().await);
    assert!(silent.elapsed() <= STREAM_SILENCE_MAX);
}

#[tokio::test]
async fn given_what_happens_is_anothers_when_silent_then_the_position_passes_over_it() {
    let site = Site::new().await;
    let mut zoe = Stream::open(&site, events()).await;
    let begin = zoe.position().await;
    propose(&site, "max").await;
    let head = site.head().await;
    assert!(head > begin);
    assert_eq!(zoe.position().await, head, "and nothing in between");
}

#[tokio::test]
async fn given_a_log_in_that_has_ended_when_something_happens_then_the_stream_ends() {
    let site = Site::new().await;
    let cookie = site.cookie("zoe").await;
    let mut zoe = Stream::open(&site, page(events()).header("cookie", &cookie)).await;
    zoe.position().await;
    let out = page(Ask::delete("session")).header("cookie", &cookie);
    site.call(out).await.expect(204);
    // By the service's clock the last check is too old now.
    site.clock.move_to(START.saturating_add(3_000));
    let grant = Ask::post("users/1/grants").by("admin");
    let grant = grant.body(r#"{"amount":"5","note":"a test"}"#);
    site.call(grant).await.expect(200);
    let end = zoe.next().await.unwrap();
    assert_eq!(end.event, "end");
    assert_eq!(end.data["code"], "credentials_ended");
    assert_eq!(zoe.next().await, None);
}

#[tokio::test]
async fn given_streams_are_open_when_the_service_stops_then_they_end_at_once() {
    let site = Site::new().await;
    let mut streams = Vec::new();
    for name in ["zoe", "max", "eve"] {
        let mut stream = Stream::open(&site, events().by(name)).await;
        stream.position().await;
        streams.push(stream);
    }
    let told = tokio::time::Instant::now();
    site.stop();
    for mut stream in streams {
        let end = stream.next().await.unwrap();
        assert_eq!(end.data["code"], "service_stopping");
        assert_eq!(stream.next().await, None);
    }
    site.tasks.close();
    site.tasks.wait().await;
    assert!(
        told.elapsed() < Duration::from_secs(2),
        "{:?}",
        told.elapsed()
    );
}
