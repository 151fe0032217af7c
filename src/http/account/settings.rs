//! `PUT /OpenPEX/account/settings`: how the caller wants things shown.

use axum::extract::State;
use axum::response::Response;
use utoipa::ToSchema;

use super::show;
use crate::accounts::ZoneName;
use crate::http::docs::{CallerProblems, ChangeProblems};
use crate::http::problem::{FieldError, Problem};
use crate::http::request::{Caller, Fields, Sent};
use crate::http::state::AppState;
use crate::http::wire::AccountOut;

/// What can be set.
#[derive(ToSchema)]
#[schema(as = Settings, example = json!({"zone": "Europe/Zurich"}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; `read` reads it")]
struct SettingsBody {
    /// A zone of the IANA database; null for the browser's.
    zone: Option<String>,
}

/// Change the settings, all at once.
#[utoipa::path(
    put,
    path = "/OpenPEX/account/settings",
    operation_id = "changeSettings",
    tag = "Accounts",
    request_body = SettingsBody,
    responses((status = 200, description = "The account", body = AccountOut), CallerProblems, ChangeProblems)
)]
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
