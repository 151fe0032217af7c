//! `PUT /OpenPEX/account/settings`: how the caller wants things shown.

use axum::extract::State;
use axum::response::Response;

use super::show;
use crate::accounts::ZoneName;
use crate::http::problem::{FieldError, Problem};
use crate::http::request::{Caller, Fields, Sent};
use crate::http::state::AppState;

/// Takes all settings at once, `{"zone": "Europe/Zurich"}` or null for the site's; answers with the
/// account.
pub async fn put(
    State(app): State<AppState>,
    caller: Caller,
    sent: Sent,
) -> Result<Response, Problem> {
    let zone = read(&sent.body)?;
    let account = app.authenticator.set_zone(&caller.account, zone).await?;
    let caller = Caller { account, ..caller };
    show::show(State(app), caller).await
}

fn read(body: &[u8]) -> Result<Option<ZoneName>, Problem> {
    let mut fields = Fields::of_body(body)?;
    let zone = fields.text("zone")?;
    fields.finish()?;
    let Some(name) = zone else {
        return Ok(None);
    };
    ZoneName::parse(&name).map(Some).ok_or_else(|| {
        let detail = format!("{name:?} is no zone of the IANA database, such as Europe/Zurich");
        let error = FieldError::new("zone", "unknown_zone", detail);
        Problem::invalid(vec![error.with("asked", name.clone())])
    })
}
