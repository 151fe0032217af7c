//! Accounts: who may use the service, and how they prove who they are.
//!
//! Owns the tables of accounts, sessions and API tokens, the hashing of passwords and the check of
//! everything a request may show: a name and a password, a session's cookie, a token. A secret, its
//! hash and anything derived from them never leave this folder but to the table, and the secret itself
//! once to its owner: not in events, logs, errors or `Debug`.

mod authenticator;
mod credential_cache;
mod password;
mod secret;
mod sessions;
mod store;
mod tokens;
mod zone;

use std::fmt;

use openpex_aggregates::{Timestamp, UserId};

pub use authenticator::{Authenticator, PasswordChange};
pub use credential_cache::{CREDENTIAL_LIFETIME, CREDENTIALS_MAX};
pub use password::{
    HASHES_AT_ONCE, HASHES_WAITING_MAX, HashCost, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN,
    PasswordHash, Passwords,
};
pub use secret::LoginSecret;
pub use sessions::{
    LOGIN_SESSIONS_MAX, LoginLifetimes, LoginSession, OpenedSession, SessionId, USE_NOTED_EVERY_MS,
};
pub use store::{AccountFilter, AccountStore};
pub use tokens::{TOKEN_NAME_CHARS_MAX, TOKENS_MAX, Token, TokenId, TokenName};
pub use zone::ZoneName;

/// The longest username, in characters.
pub const USERNAME_CHARS_MAX: usize = 64;

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reserves for themselves.
    User,
    /// Runs the site: sees and moves everything.
    Operator,
    /// Reads everything and changes nothing.
    Auditor,
}

impl Role {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }

    /// All of them.
    pub const ALL: [Self; 3] = [Self::User, Self::Operator, Self::Auditor];

    /// The role of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An account, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The paper's integer `userid`, from 1.
    pub user_id: UserId,
    /// The name to log in with.
    pub username: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// The zone in which its user wants times shown.
    pub zone: Option<ZoneName>,
}

/// By what a caller was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// A name and a password with this very request.
    Password,
    /// A session.
    Session(SessionId),
    /// An API token.
    Token(TokenId),
}

/// A name to log in with: 1 to 64 of the ASCII letters, digits and `. _ - @`.
///
/// Two names that differ only in the case of their letters are the same name to `register`, but only the
/// one that was registered logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Checks the rules.
    ///
    /// # Errors
    /// [`AccountError::UsernameLength`], [`AccountError::UsernameCharacter`].
    pub fn parse(text: &str) -> Result<Self, AccountError> {
        let characters = text.chars().count();
        if characters == 0 || characters > USERNAME_CHARS_MAX {
            return Err(AccountError::UsernameLength { characters });
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
        match text.chars().find(|c| !allowed(*c)) {
            Some(character) => Err(AccountError::UsernameCharacter { character }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The name as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are unique.
    fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Why an account could not be made, found or checked.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name has no or too many characters.
    #[error("a username has 1 to {USERNAME_CHARS_MAX} characters, not {characters}")]
    UsernameLength {
        /// How many it has.
        characters: usize,
    },
    /// The name has a character that is not allowed.
    #[error("a username has letters, digits and . _ - @ only, not {character:?}")]
    UsernameCharacter {
        /// The first of them.
        character: char,
    },
    /// The name belongs to somebody, be it in other letter case.
    #[error("the username is taken")]
    UsernameTaken,
    /// The password is too short or too long.
    #[error("a password has {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes, not {bytes}")]
    PasswordLength {
        /// How long it is.
        bytes: usize,
    },
    /// The name of a token has no or too many characters.
    #[error("the name of a token has 1 to {TOKEN_NAME_CHARS_MAX} characters, not {characters}")]
    TokenNameLength {
        /// How many it has.
        characters: usize,
    },
    /// The name of a token has a control character.
    #[error("the name of a token has no control characters")]
    TokenNameCharacter,
    /// The user has as many tokens as can be.
    #[error("a user has at most {TOKENS_MAX} tokens that have not expired; delete one")]
    TooManyTokens,
    /// Too many passwords wait to be checked; try again later.
    #[error("{HASHES_WAITING_MAX} passwords are waiting to be checked already")]
    Busy,
    /// The operating system or the library failed at hashing.
    #[error("a password could not be hashed: {why}")]
    Hashing {
        /// What it said.
        why: String,
    },
    /// A stored row cannot be read.
    #[error("account {user_id} cannot be read: {why}")]
    Unreadable {
        /// Whose it is.
        user_id: UserId,
        /// What is wrong with it.
        why: String,
    },
    /// A stored token cannot be read.
    #[error("the token with id {token:?} cannot be read")]
    UnreadableToken {
        /// Its id, which is not one; not a secret.
        token: String,
    },
    /// The store could not be reached.
    #[error("the accounts cannot be read or written")]
    Unavailable(#[from] sqlx::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_held_to_their_rules() {
        for good in [
            "a",
            "Zoe.Q_1-x@example.org",
            &"x".repeat(USERNAME_CHARS_MAX),
        ] {
            assert_eq!(Username::parse(good).unwrap().as_str(), good);
        }
        let characters = USERNAME_CHARS_MAX + 1;
        for bad in [(String::new(), 0), ("é".repeat(characters), characters)] {
            let error = Username::parse(&bad.0).unwrap_err();
            assert!(
                matches!(error, AccountError::UsernameLength { characters } if characters == bad.1)
            );
        }
        for (bad, culprit) in [("a b", ' '), ("zoë", 'ë'), ("a:b", ':'), ("a\0b", '\0')] {
            let error = Username::parse(bad).unwrap_err();
            assert!(
                matches!(error, AccountError::UsernameCharacter { character } if character == culprit)
            );
        }
    }
}
