//! What a site needs before it can answer: a policy, its nodes, an operator.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openpex_aggregates::Timestamp;
use openpex_aggregates::live::Command;
use openpex_aggregates::policy::Policy;

use crate::accounts::Authenticator;
use crate::cli::say;
use crate::clock::entropy::random_bytes;
use crate::config::ADMIN_PASSWORD_VARIABLE;
use crate::dispatcher::Dispatcher;
use crate::monitors::Monitors;
use crate::writer::{WriteRequest, WriterHandle};

/// The name of the operator that is made on the first start.
const OPERATOR: &str = "admin";

/// Puts the configured policy in force. Templates that are not configured are the pool's, or,
/// while the pool cannot be seen, those of the policy before.
pub async fn adopt_policy(
    writer: &WriterHandle,
    mut policy: Policy,
    pool: &dyn Dispatcher,
) -> anyhow::Result<()> {
    if policy.templates.is_empty() {
        policy.templates = match pool.list_templates().await {
            Ok(templates) => templates,
            Err(error) => {
                tracing::warn!(%error, "the pool's templates cannot be seen; the known ones stay");
                writer
                    .inspect(|live| live.policy().templates.clone())
                    .await?
            }
        };
    }
    let command = Command::AdoptPolicy(Box::new(policy));
    writer
        .submit(WriteRequest::by_service(command))
        .await
        .context("adopting the policy")?;
    Ok(())
}

/// Looks at the nodes once, so that the first request can be judged. A pool that cannot be seen is
/// no reason not to start: the Node Monitor goes on looking.
pub async fn first_look_at_nodes(monitors: &Monitors) {
    if let Err(error) = monitors.look_at_nodes().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the pool's nodes cannot be seen yet"
        );
    }
}

/// Makes the operator's account if there is none; a generated password is printed once.
pub async fn make_operator(accounts: &Authenticator, at: Timestamp) -> anyhow::Result<()> {
    if accounts.accounts().has_operator().await? {
        return Ok(());
    }
    let given = std::env::var(ADMIN_PASSWORD_VARIABLE)
        .ok()
        .filter(|text| !text.is_empty());
    let generated = given.is_none();
    let password = given.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(random_bytes::<18>()));
    accounts
        .ensure_operator(OPERATOR, &password, at)
        .await
        .context("making the operator")?;
    if generated {
        say(format_args!(
            "operator account {OPERATOR} was made, its password is {password}"
        ));
    } else {
        say(format_args!(
            "operator account {OPERATOR} was made with the password of {ADMIN_PASSWORD_VARIABLE}"
        ));
    }
    Ok(())
}
