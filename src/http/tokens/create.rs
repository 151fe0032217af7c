//! `POST /OpenPEX/tokens`: makes an API token.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use openpex_aggregates::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::TokenName;
use crate::http::commands::{find_kept, keep, run_to_its_end};
use crate::http::docs::{CallerProblems, ChangeProblems, ProblemSchema, RepeatHeader};
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::json;
use crate::http::request::{Caller, Fields, Sent, parse_instant};
use crate::http::state::AppState;
use crate::writer::IdempotencyKey;

/// A token that was just made; its secret is shown here and never again. Has no `Debug`.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiToken)]
#[serde(rename_all = "camelCase")]
struct TokenMade {
    #[schema(format = Uuid)]
    id: String,
    name: String,
    token: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
}

/// What is asked of a new token.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "described; `read` reads it")]
struct TokenAsked {
    /// What it is for.
    name: String,
    /// Never where it is left out.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// Make an API token.
///
/// Repeated with its `Idempotency-Key` it makes no second token, but
/// the secret of the first cannot be shown again: 409 with its id.
#[utoipa::path(
    post,
    path = "/OpenPEX/tokens",
    operation_id = "createToken",
    tag = "Sessions",
    params(RepeatHeader),
    request_body = TokenAsked,
    responses(
        (status = 201, description = "The token, shown once", body = TokenMade),
        CallerProblems,
        ChangeProblems,
        (status = 409, description = "There are as many as there may be, or it was made before",
            body = ProblemSchema, content_type = "application/problem+json"),
    )
)]
pub async fn create(
    State(app): State<AppState>,
    caller: Caller,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_has_password_login()?;
    let (name, expires_at) = read(&sent.body, app.clock.now())?;
    let key = sent.key_of(caller.user_id(), &sent.body);
    let shared = app.clone();
    let made = run_to_its_end(&app, async move {
        make_once(&shared, &caller, key, (name, expires_at)).await
    });
    Ok(json(StatusCode::CREATED, &made.await?))
}

async fn make_once(
    app: &AppState,
    caller: &Caller,
    key: Option<IdempotencyKey>,
    (name, expires_at): (TokenName, Option<Timestamp>),
) -> Result<TokenMade, Problem> {
    let held = match &key {
        None => None,
        Some(key) => {
            let held = app.locks().hold(key.user_id, &key.key).await;
            if let Some(kept) = find_kept(app, key).await? {
                let detail = "the token was made and its secret shown once; delete it by its id and \
                              make another under another Idempotency-Key";
                let problem = Problem::conflict("token_already_made", detail);
                return Err(problem.with("id", kept.answer));
            }
            Some(held)
        }
    };
    let (owner, now) = (caller.user_id(), app.clock.now());
    let made = app.authenticator.make_token(owner, name, expires_at, now);
    let (token, secret) = made.await?;
    if let Some(key) = &key {
        keep(app, key, token.id.to_string(), 0).await?;
    }
    drop(held);
    Ok(TokenMade {
        id: token.id.to_string(),
        name: token.name,
        token: secret.to_token(),
        created_at: token.created_at.to_rfc3339(),
        expires_at: token.expires_at.map(Timestamp::to_rfc3339),
    })
}

fn read(body: &[u8], now: Timestamp) -> Result<(TokenName, Option<Timestamp>), Problem> {
    let mut fields = Fields::of_body(body)?;
    let (name, expires_at) = (fields.text("name")?, fields.text("expiresAt")?);
    fields.finish()?;
    let name = name.ok_or_else(|| Problem::invalid(vec![FieldError::required("name")]))?;
    let name = TokenName::parse(&name)?;
    let Some(text) = expires_at else {
        return Ok((name, None));
    };
    match parse_instant(&text) {
        Ok(at) if at > now => Ok((name, Some(at))),
        Ok(at) => {
            let detail = format!("{at} is not after the present, {now}");
            let error = FieldError::new("expiresAt", "expires_in_the_past", detail);
            let error = error.with("now", now.to_rfc3339());
            Err(Problem::invalid(vec![error]))
        }
        Err(error) => Err(Problem::invalid(vec![error.at("expiresAt")])),
    }
}
