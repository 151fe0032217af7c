//! API tokens: what programs show instead of a password.

use std::fmt;
use std::str::FromStr;

use openpex_aggregates::{Timestamp, UserId};
use uuid::Uuid;

use super::secret::LoginSecret;
use super::sessions::USE_NOTED_EVERY_MS;
use super::{Account, AccountError, Authenticator};
use crate::clock::entropy;

/// What every token begins with, so that one that was left lying about is known for what it is.
const PREFIX: &str = "opx_";
/// Most tokens of one user that have not expired.
pub const TOKENS_MAX: i64 = 50;
/// The longest name of a token, in characters.
pub const TOKEN_NAME_CHARS_MAX: usize = 64;

/// Names a token; not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(pub Uuid);

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl FromStr for TokenId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// What a token is called by its user: 1 to 64 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName(String);

impl TokenName {
    /// Checks the rules.
    ///
    /// # Errors
    /// [`AccountError::TokenNameLength`], [`AccountError::TokenNameCharacter`].
    pub fn parse(text: &str) -> Result<Self, AccountError> {
        let characters = text.chars().count();
        if characters == 0 || characters > TOKEN_NAME_CHARS_MAX {
            return Err(AccountError::TokenNameLength { characters });
        }
        if text.chars().any(char::is_control) {
            return Err(AccountError::TokenNameCharacter);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token, but for its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// What its user calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is no more; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute; `None` for never.
    pub last_used_at: Option<Timestamp>,
}

impl Token {
    /// Whether it is good at `now`.
    pub(super) fn is_good_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether a use at `now` is to be written down.
    fn is_to_be_noted(&self, now: Timestamp) -> bool {
        self.last_used_at
            .is_none_or(|used_at| now.millis_since(used_at) >= USE_NOTED_EVERY_MS)
    }
}

impl LoginSecret {
    /// The secret of an API token, such as `opx_…`; `None` where it is none.
    #[must_use]
    pub fn parse_token(text: &str) -> Option<Self> {
        Self::parse(text.strip_prefix(PREFIX)?)
    }

    /// The API token that shows this secret.
    #[must_use]
    pub fn to_token(&self) -> String {
        format!("{PREFIX}{}", self.to_text())
    }
}

impl Authenticator {
    /// Makes a token. Its secret is answered here and never again.
    ///
    /// # Errors
    /// [`AccountError::TooManyTokens`], or the store's.
    pub async fn make_token(
        &self,
        owner: UserId,
        name: TokenName,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Token, LoginSecret), AccountError> {
        let secret = LoginSecret::draw();
        let token = Token {
            id: TokenId(entropy::new_uuid_at(now)),
            name: name.0,
            created_at: now,
            expires_at,
            last_used_at: None,
        };
        self.accounts()
            .add_token(owner, &token, &secret.hash())
            .await?;
        Ok((token, secret))
    }

    /// The tokens of a user, newest first, those that have expired included.
    ///
    /// # Errors
    /// The store's.
    pub async fn tokens_of(&self, owner: UserId) -> Result<Vec<Token>, AccountError> {
        self.accounts().tokens_of(owner).await
    }

    /// Whose token this is, which is thereby used; `None` where it has expired or never was.
    ///
    /// # Errors
    /// The store's.
    pub async fn use_token(
        &self,
        secret: &LoginSecret,
        now: Timestamp,
    ) -> Result<Option<(TokenId, Account)>, AccountError> {
        let Some((token, account)) = self.accounts().find_token(&secret.hash()).await? else {
            return Ok(None);
        };
        if !token.is_good_at(now) {
            return Ok(None);
        }
        if token.is_to_be_noted(now)
            && let Err(error) = self.accounts().note_token_use(token.id, now).await
        {
            // Its user sees a use too few; that is no reason to turn them away.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the use of a token is not noted"
            );
        }
        Ok(Some((token.id, account)))
    }

    /// Takes a token of `owner` back; answers whether there was one.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete_token(&self, owner: UserId, id: TokenId) -> Result<bool, AccountError> {
        self.accounts().delete_token(owner, id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_nothing_else_reads() {
        let secret = LoginSecret::draw();
        let token = secret.to_token();
        assert!(token.starts_with("opx_") && token.len() == 47);
        assert!(LoginSecret::parse_token(&token) == Some(secret.clone()));
        for bad in [&secret.to_text(), "opx_", "OPX_", ""] {
            assert!(LoginSecret::parse_token(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn names_are_held_to_their_rules() {
        for good in ["x", "Zoë's laptop", &"é".repeat(TOKEN_NAME_CHARS_MAX)] {
            assert_eq!(TokenName::parse(good).unwrap().as_str(), good);
        }
        for (bad, length) in [(String::new(), 0), ("é".repeat(65), 65)] {
            let error = TokenName::parse(&bad).unwrap_err();
            assert!(
                matches!(error, AccountError::TokenNameLength { characters } if characters == length)
            );
        }
        let error = TokenName::parse("a\nb").unwrap_err();
        assert!(matches!(error, AccountError::TokenNameCharacter));
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_its_use_is_noted_once_a_minute() {
        let mut token = Token {
            id: TokenId(Uuid::nil()),
            name: "x".into(),
            created_at: Timestamp(0),
            expires_at: None,
            last_used_at: None,
        };
        assert!(token.is_good_at(Timestamp::MAX) && token.is_to_be_noted(Timestamp(0)));
        token.expires_at = Some(Timestamp(5));
        assert!(token.is_good_at(Timestamp(4)) && !token.is_good_at(Timestamp(5)));
        token.last_used_at = Some(Timestamp(0));
        assert!(!token.is_to_be_noted(Timestamp(USE_NOTED_EVERY_MS - 1)));
        assert!(token.is_to_be_noted(Timestamp(USE_NOTED_EVERY_MS)));
    }
}
