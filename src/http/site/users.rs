//! `POST /OpenPEX/users`: makes an account.

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use openpex_aggregates::UserId;
use openpex_aggregates::live::Command;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{AccountError, Role};
use crate::http::commands::{find_kept, keep, key_reused, run_to_its_end};
use crate::http::docs::{CallerProblems, ChangeProblems, ProblemSchema, RepeatHeader};
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::json;
use crate::http::request::{Credentials, Fields, Sent, credentials_of, network_from};
use crate::http::state::AppState;
use crate::writer::{IdempotencyKey, WriteRequest};

/// Whose the keys are of requests that come without credentials.
const NOBODY: UserId = UserId(0);

/// Who makes an account.
#[derive(ToSchema)]
#[schema(as = NewUser, example = json!({"username": "zoe", "password": "correct horse"}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; `register` reads it")]
struct UserBody {
    username: String,
    #[schema(format = Password)]
    password: String,
}

/// An account that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = NewAccount)]
struct Registered {
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    username: String,
}

/// Make an account.
///
/// 201 with the integer `userid`. Where registration is closed, only operators make accounts.
#[utoipa::path(
    post,
    path = "/OpenPEX/users",
    operation_id = "createUser",
    tag = "Accounts",
    security((), ("basic" = []), ("bearer" = []), ("cookie" = [])),
    params(RepeatHeader),
    request_body = UserBody,
    responses((status = 201, description = "The account was made", body = Registered), CallerProblems, ChangeProblems, (status = 409, description = "The name is taken, or the key is in use", body = ProblemSchema, content_type = "application/problem+json"))
)]
pub async fn register(State(app): State<AppState>, request: Request) -> Result<Response, Problem> {
    if !app.registration_open {
        let credentials = credentials_of(request.headers(), request.extensions())?;
        check_is_operator(&app, credentials).await?;
    }
    let network = network_from(request.extensions());
    let sent = Sent::from_request(request, &app).await?;
    let mut fields = Fields::of_body(&sent.body)?;
    let (username, password) = (fields.text("username")?, fields.text("password")?);
    fields.finish()?;
    let (Some(username), Some(password)) = (&username, &password) else {
        let missing = [
            ("username", username.is_none()),
            ("password", password.is_none()),
        ];
        let errors = missing.into_iter().filter(|(_, missing)| *missing);
        let required = |(field, _)| FieldError::required(field);
        return Err(Problem::invalid(errors.map(required).collect()));
    };
    // What is kept for ever must not tell the password, so it is not part of the fingerprint.
    let key = sent.key_of(NOBODY, username.as_bytes());
    let (username, password) = (username.clone(), password.clone());
    let credentials = Credentials {
        username,
        password,
        network,
    };
    let shared = app.clone();
    let registered = run_to_its_end(&app, async move {
        register_once(&shared, key, credentials).await
    })
    .await?;
    Ok(json(StatusCode::CREATED, &registered))
}

async fn check_is_operator(
    app: &AppState,
    credentials: Option<Credentials>,
) -> Result<(), Problem> {
    let closed = || {
        let detail = "registration is closed; ask an operator for an account";
        Problem::forbidden("registration_closed", detail)
    };
    let account = credentials.ok_or_else(closed)?.verify(app).await?;
    match account.role {
        Role::Operator => Ok(()),
        Role::User | Role::Auditor => Err(closed()),
    }
}

async fn register_once(
    app: &AppState,
    key: Option<IdempotencyKey>,
    credentials: Credentials,
) -> Result<Registered, Problem> {
    let Some(key) = key else {
        return Ok(make(app, &credentials).await?);
    };
    let _held = app.locks().hold(key.user_id, &key.key).await;
    if find_kept(app, &key).await?.is_some() {
        return made_before(app, &credentials).await?.ok_or_else(key_reused);
    }
    let registered = match make(app, &credentials).await {
        // The process may have ended between making the account and keeping the key.
        Err(AccountError::UsernameTaken) => made_before(app, &credentials)
            .await?
            .ok_or_else(|| Problem::from(AccountError::UsernameTaken))?,
        made => made?,
    };
    keep(app, &key, registered.userid.to_string(), 0).await?;
    Ok(registered)
}

async fn make(app: &AppState, credentials: &Credentials) -> Result<Registered, AccountError> {
    let Credentials {
        username, password, ..
    } = credentials;
    let at = app.clock.now();
    let userid = app
        .authenticator
        .register(username, password, Role::User, at)
        .await?;
    open_account(app, userid).await;
    Ok(Registered {
        userid,
        username: username.clone(),
    })
}

/// Gives the new user what every new account is given. Where that fails, the first thing the user
/// asks for does it.
async fn open_account(app: &AppState, user_id: UserId) {
    let request = WriteRequest {
        command: Command::OpenAccount(user_id),
        actor: None,
        expected_sequence: None,
        idempotency: None,
        request_id: None,
    };
    match app.commands.submit(request).await {
        Ok(committed) => app.own_writes().note(user_id, committed.position),
        Err(error) => tracing::warn!(%error, user = user_id.0, "an account was not opened yet"),
    }
}

/// The account that was made with the same name and password; guessing them is held up as at every
/// log-in.
async fn made_before(
    app: &AppState,
    credentials: &Credentials,
) -> Result<Option<Registered>, Problem> {
    match credentials.verify(app).await {
        Ok(account) => Ok(Some(Registered {
            userid: account.user_id,
            username: account.username,
        })),
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => Ok(None),
        Err(problem) => Err(problem),
    }
}
