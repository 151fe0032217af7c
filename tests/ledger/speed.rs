//! How fast the ledger is. Run by hand, since only ratios of one run count:
//! `cargo test --test ledger speed -- --ignored --nocapture`

use std::time::{Duration, Instant};

use openpex::ledger::{Append, Head};
use openpex_aggregates::Timestamp;

use crate::site::{Site, event};

/// How long each figure is taken for.
const SPAN: Duration = Duration::from_secs(3);

/// About the size of a reservation's event.
fn payload() -> String {
    format!(r#"{{"terms": "{}"}}"#, "x".repeat(490))
}

async fn appends_per_second(site: &Site, rows: usize) -> f64 {
    let claim = site.claim().await;
    let mut head: Head = site.ledger.head().await.unwrap();
    let payload = payload();
    let began = Instant::now();
    let mut appends = 0;
    while began.elapsed() < SPAN {
        let batch: Vec<_> = (0..rows as u64)
            .map(|i| {
                let mut one = event(
                    &format!("f07640d4-32bc-4db6-857e-{:012}", head.position + i),
                    1,
                    &payload,
                );
                one.recorded_at = Timestamp(1_000);
                one
            })
            .collect();
        let append = Append {
            epoch: claim.epoch(),
            head,
            events: &batch,
            answers: &[],
        };
        head = site.ledger.append(append).await.unwrap();
        appends += 1;
    }
    let rate = f64::from(appends) / began.elapsed().as_secs_f64();
    claim.release().await;
    rate
}

#[tokio::test]
#[ignore = "a measurement"]
async fn speed() {
    for (name, site) in [
        ("sqlite", Site::sqlite().await),
        ("postgres", Site::postgres().await),
    ] {
        for rows in [1, 8, 32, 100] {
            let rate = appends_per_second(&site, rows).await;
            println!(
                "{name}: {rows} a commit: {rate:.0} commits/s, {:.0} rows/s",
                rate * rows as f64
            );
        }
        let began = Instant::now();
        let mut bytes = 0;
        let mut fold = |event: &openpex::ledger::StoredEvent| {
            bytes += event.payload.len();
            Ok(())
        };
        let events = site.ledger.for_each_after(0, &mut fold).await.unwrap();
        let span = began.elapsed().as_secs_f64();
        println!(
            "{name}: folded {events} events, {:.0}/s",
            events as f64 / span
        );
        let began = Instant::now();
        let report = site.ledger.verify(&mut |_| Ok(())).await.unwrap();
        let span = began.elapsed().as_secs_f64();
        println!(
            "{name}: verified {} events, {:.0}/s",
            report.events,
            report.events as f64 / span
        );
    }
}
