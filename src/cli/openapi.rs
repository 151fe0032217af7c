//! `openpex openapi`: the description of the REST API, without a service.

use super::say;
use crate::http;

/// Prints the document that the service serves.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn print() -> anyhow::Result<()> {
    say(http::document().to_pretty_json()?);
    Ok(())
}
