//! `openpex ledger verify`: the auditor's check of a whole ledger.

use anyhow::Context as _;
use openpex_aggregates::live::Live;

use super::say;
use crate::config::LedgerOptions;
use crate::ledger::{Access, Ledger, VerifyReport};
use crate::writer::stored_fact;

/// Checks the ledger and prints what was checked; a broken rule is an error.
pub async fn verify(options: LedgerOptions) -> anyhow::Result<()> {
    let url = options.database_url()?;
    let ledger = Ledger::open(&url, Access::ReadOnly)
        .await
        .context("opening the ledger")?;
    let mut live = Live::new();
    let checked = ledger
        .verify(&mut |event| {
            let fact = stored_fact(event)?;
            live.fold(&fact, event.sequence, event.recorded_at)
                .map_err(|error| error.to_string())
        })
        .await;
    ledger.close().await;
    let VerifyReport {
        events,
        streams,
        head_hash,
    } = checked.context("the ledger does not verify")?;
    say(format_args!(
        "verified {events} events in {streams} streams, the books balance, head hash {head_hash}"
    ));
    Ok(())
}
