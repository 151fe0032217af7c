//! `PUT /OpenPEX/account/password`: a new password.

use axum::extract::{FromRequest as _, FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use utoipa::ToSchema;

use crate::accounts::{AccountError, Login, PasswordChange};
use crate::http::commands::run_to_its_end;
use crate::http::docs::{CallerProblems, ChangeProblems};
use crate::http::problem::{FieldError, Problem};
use crate::http::refusal::password_length;
use crate::http::request::{Caller, Credentials, Fields, Sent, network_from};
use crate::http::state::AppState;

/// The present password and the one that is to be.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; `read` reads it")]
struct PasswordBody {
    #[schema(format = Password)]
    current: String,
    #[schema(format = Password)]
    new: String,
}

/// Change the password.
///
/// All other sessions of the account end, its API tokens stay. Asked
/// again after it was done it is a success; an `Idempotency-Key` is not needed for that, and nothing of
/// a password is kept under one.
#[utoipa::path(
    put,
    path = "/OpenPEX/account/password",
    operation_id = "changePassword",
    tag = "Accounts",
    request_body(content = PasswordBody),
    responses((status = 204, description = "It is changed"), CallerProblems, ChangeProblems)
)]
pub async fn change(State(app): State<AppState>, request: Request) -> Result<StatusCode, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &app).await?;
    caller.check_has_password_login()?;
    let network = network_from(&parts.extensions);
    let sent = Sent::from_request(Request::from_parts(parts, body), &app).await?;
    let (current, new) = read(&sent.body)?;
    let guess = Credentials {
        username: caller.account.username.clone(),
        password: current,
        network,
    };
    guess.check_wait(&app)?;
    let keep = match caller.login {
        Login::Session(id) => Some(id),
        Login::Password | Login::Token(_) => None,
    };
    let shared = app.clone();
    run_to_its_end(&app, async move {
        let passwords = (guess.password.as_str(), new.as_str());
        let changed = shared
            .authenticator
            .change_password(&caller.account, passwords, keep);
        match changed.await {
            Ok(PasswordChange::Made) => {
                guess.note(&shared, true);
                Ok(StatusCode::NO_CONTENT)
            }
            Ok(PasswordChange::CurrentWrong) => {
                guess.note(&shared, false);
                let detail = "is not the password of this account";
                let error = FieldError::new("current", "password_wrong", detail);
                Err(Problem::invalid(vec![error]))
            }
            Err(AccountError::PasswordLength { bytes }) => {
                Err(Problem::invalid(vec![password_length("new", bytes)]))
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn read(body: &[u8]) -> Result<(String, String), Problem> {
    let mut fields = Fields::of_body(body)?;
    let (current, new) = (fields.text("current")?, fields.text("new")?);
    fields.finish()?;
    let mut errors = Vec::new();
    let current = FieldError::expect("current", current, &mut errors);
    let new = FieldError::expect("new", new, &mut errors);
    if errors.is_empty() {
        Ok((current, new))
    } else {
        Err(Problem::invalid(errors))
    }
}
