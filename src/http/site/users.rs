//! `POST /OpenPEX/users`: makes an account.
//!
//! Operators may say which role it has. They log in with their password for one that is more than a
//! user's: an API token in wrong hands must not make itself another operator.

use std::net::IpAddr;

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
use crate::http::request::{Caller, Credentials, Fields, Proof, Sent, network_from};
use crate::http::state::AppState;
use crate::http::wire::words::RoleWord;
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
    /// Only an operator may say it; `user` where it is left out.
    #[schema(value_type = Option<RoleWord>)]
    role: Option<String>,
}

/// An account that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = NewAccount)]
struct Registered {
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    username: String,
    /// Told where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<RoleWord>)]
    role: Option<&'static str>,
}

/// What an account is to be.
struct Wanted {
    credentials: Credentials,
    role: Option<Role>,
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
    let proof = Proof::of(request.headers(), request.extensions(), &app);
    let network = network_from(request.extensions());
    if !app.registration_open {
        let closed = || {
            let detail = "registration is closed; ask an operator for an account";
            Problem::forbidden("registration_closed", detail)
        };
        check_is_operator(&app, proof.as_ref().map_err(Clone::clone)?.as_ref(), closed).await?;
    }
    let sent = Sent::from_request(request, &app).await?;
    let wanted = read(&sent.body, network)?;
    if let Some(role) = wanted.role {
        let only = || {
            let detail = "only an operator may say which role an account has";
            Problem::forbidden("operator_only", detail)
        };
        let operator = check_is_operator(&app, proof?.as_ref(), only).await?;
        match role {
            Role::User => {}
            Role::Operator | Role::Auditor => operator.check_has_password_login()?,
        }
    }
    // What is kept for ever must not tell the password, so it is not part of the fingerprint.
    let username = &wanted.credentials.username;
    let content = match wanted.role {
        None => username.clone(),
        Some(role) => format!("{username}\0{role}"),
    };
    let key = sent.key_of(NOBODY, content.as_bytes());
    let shared = app.clone();
    let registered = run_to_its_end(
        &app,
        async move { register_once(&shared, key, wanted).await },
    )
    .await?;
    Ok(json(StatusCode::CREATED, &registered))
}

fn read(body: &[u8], network: Option<IpAddr>) -> Result<Wanted, Problem> {
    let mut fields = Fields::of_body(body)?;
    let (username, password) = (fields.text("username")?, fields.text("password")?);
    let role = fields.text("role")?;
    fields.finish()?;
    let mut errors = Vec::new();
    let credentials = Credentials {
        username: FieldError::expect("username", username, &mut errors),
        password: FieldError::expect("password", password, &mut errors),
        network,
    };
    let role = role.map(|name| {
        let known = Role::ALL.map(Role::as_str);
        Role::parse(&name).ok_or_else(|| FieldError::none_of("role", "unknown_role", &name, &known))
    });
    let role = role.transpose().unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    if errors.is_empty() {
        Ok(Wanted { credentials, role })
    } else {
        Err(Problem::invalid(errors))
    }
}

/// The operator who asks; `refusal` where it is somebody else.
async fn check_is_operator(
    app: &AppState,
    proof: Option<&Proof>,
    refusal: impl Fn() -> Problem,
) -> Result<Caller, Problem> {
    let caller = proof.ok_or_else(&refusal)?.check(app).await?;
    match caller.account.role {
        Role::Operator => Ok(caller),
        Role::User | Role::Auditor => Err(refusal()),
    }
}

async fn register_once(
    app: &AppState,
    key: Option<IdempotencyKey>,
    wanted: Wanted,
) -> Result<Registered, Problem> {
    let Some(key) = key else {
        return Ok(make(app, &wanted).await?);
    };
    let _held = app.locks().hold(key.user_id, &key.key).await;
    if find_kept(app, &key).await?.is_some() {
        return made_before(app, &wanted).await?.ok_or_else(key_reused);
    }
    let registered = match make(app, &wanted).await {
        // The process may have ended between making the account and keeping the key.
        Err(AccountError::UsernameTaken) => made_before(app, &wanted)
            .await?
            .ok_or_else(|| Problem::from(AccountError::UsernameTaken))?,
        made => made?,
    };
    keep(app, &key, registered.userid.to_string(), 0).await?;
    Ok(registered)
}

async fn make(app: &AppState, wanted: &Wanted) -> Result<Registered, AccountError> {
    let Credentials {
        username, password, ..
    } = &wanted.credentials;
    let at = app.clock.now();
    let userid = app
        .authenticator
        .register(username, password, wanted.role.unwrap_or(Role::User), at)
        .await?;
    open_account(app, userid).await;
    Ok(Registered {
        userid,
        username: username.clone(),
        role: wanted.role.map(Role::as_str),
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
async fn made_before(app: &AppState, wanted: &Wanted) -> Result<Option<Registered>, Problem> {
    match wanted.credentials.verify(app).await {
        Ok(account) if wanted.role.is_some_and(|role| role != account.role) => Ok(None),
        Ok(account) => Ok(Some(Registered {
            userid: account.user_id,
            username: account.username,
            role: wanted.role.map(Role::as_str),
        })),
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => Ok(None),
        Err(problem) => Err(problem),
    }
}
