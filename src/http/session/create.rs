//! `POST /OpenPEX/session`: a browser logs in and gets its cookie.

use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use utoipa::ToSchema;

use super::SessionOut;
use crate::http::docs::{CallerProblems, ChangeProblems};
use crate::http::observe::RequestNotes;
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::{json, with_header};
use crate::http::request::{
    Credentials, Fields, Proof, Sent, SessionCookie, check_own_site, network_from,
};
use crate::http::state::AppState;

/// A name and a password.
#[derive(ToSchema)]
#[schema(example = json!({"username": "zoe", "password": "correct horse"}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; `read` reads it")]
struct LogIn {
    username: String,
    #[schema(format = Password)]
    password: String,
}

/// Log in.
///
/// The answer sets the session's cookie. The session of a cookie that comes along ends. An
/// `Idempotency-Key` means nothing here: who asks again gets another session.
#[utoipa::path(
    post,
    path = "/OpenPEX/session",
    operation_id = "logIn",
    tag = "Sessions",
    security(()),
    request_body = LogIn,
    responses(
        (status = 201, description = "Logged in", body = SessionOut,
            headers(("Set-Cookie" = String, description = "The session's cookie"))),
        CallerProblems,
        ChangeProblems,
    )
)]
pub async fn create(State(app): State<AppState>, request: Request) -> Result<Response, Problem> {
    let public_url = app.site.public_url.as_ref();
    check_own_site(request.headers(), public_url)?;
    let cookie = SessionCookie::of(request.headers(), public_url).ok_or_else(tls_required)?;
    let before = cookie.sent(request.headers());
    let notes = RequestNotes::of(request.extensions());
    let network = network_from(request.extensions());
    let sent = Sent::from_request(request, &app).await?;
    let credentials = read(&sent.body, network)?;
    let opened = credentials.open_session(&app).await?;
    notes.note_user(opened.account.user_id);
    if let Some(before) = before {
        Proof::end_session(&app, &before).await?;
    }
    let out = SessionOut::of(&opened.account, Some(opened.expires_at));
    let response = json(StatusCode::CREATED, &out);
    Ok(with_header(
        response,
        SET_COOKIE,
        &cookie.set(&opened.secret),
    ))
}

fn read(body: &[u8], network: Option<std::net::IpAddr>) -> Result<Credentials, Problem> {
    let mut fields = Fields::of_body(body)?;
    let (username, password) = (fields.text("username")?, fields.text("password")?);
    fields.finish()?;
    let mut errors = Vec::new();
    let credentials = Credentials {
        username: FieldError::expect("username", username, &mut errors),
        password: FieldError::expect("password", password, &mut errors),
        network,
    };
    if errors.is_empty() {
        Ok(credentials)
    } else {
        Err(Problem::invalid(errors))
    }
}

fn tls_required() -> Problem {
    let detail = "to log in here would send the cookie over the wire in the clear: put a proxy with \
                  TLS in front of the service and start it with --public-url https://…, or open it \
                  on its own machine under a loopback address such as http://127.0.0.1:8080";
    Problem::forbidden("tls_required", detail)
}
