//! The table of API tokens.

use openpex_aggregates::{Timestamp, UserId};
use sqlx::FromRow;

use super::{AccountStore, Row};
use crate::accounts::secret::SecretHash;
use crate::accounts::{Account, AccountError, TOKENS_MAX, Token, TokenId};

/// Changes nothing, but makes whoever else makes a token of this user wait for its turn.
const LOCK_ACCOUNT: &str = "UPDATE accounts SET zone = zone WHERE user_id = $1";
const DELETE_EXPIRED: &str = "DELETE FROM api_tokens WHERE user_id = $1 AND expires_at <= $2";
const COUNT: &str = "SELECT count(*) FROM api_tokens WHERE user_id = $1";
const INSERT: &str = "\
    INSERT INTO api_tokens (token_id, secret_hash, user_id, name, created_at, expires_at) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const SELECT_OF_USER: &str = "\
    SELECT token_id, name, created_at AS made_at, expires_at, last_used_at FROM api_tokens \
    WHERE user_id = $1 ORDER BY created_at DESC, token_id";
const SELECT_BY_ID: &str = "\
    SELECT token_id, name, created_at AS made_at, expires_at, last_used_at FROM api_tokens \
    WHERE token_id = $1";
const SELECT: &str = "\
    SELECT token_id, name, t.created_at AS made_at, expires_at, last_used_at, \
    user_id, username, password_hash, role, a.created_at AS created_at, zone \
    FROM api_tokens t JOIN accounts a USING (user_id) WHERE secret_hash = $1";
const NOTE_USE: &str = "UPDATE api_tokens SET last_used_at = $2 WHERE token_id = $1";
const DELETE: &str = "DELETE FROM api_tokens WHERE user_id = $1 AND token_id = $2";

#[derive(FromRow)]
struct TokenRow {
    token_id: String,
    name: String,
    made_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

#[derive(FromRow)]
struct WithAccount {
    #[sqlx(flatten)]
    token: TokenRow,
    #[sqlx(flatten)]
    account: Row,
}

impl TokenRow {
    fn read(self) -> Result<Token, AccountError> {
        let id = self.token_id.parse();
        Ok(Token {
            id: id.map_err(|_| AccountError::UnreadableToken {
                token: self.token_id,
            })?,
            name: self.name,
            created_at: Timestamp(self.made_at),
            expires_at: self.expires_at.map(Timestamp),
            last_used_at: self.last_used_at.map(Timestamp),
        })
    }
}

impl AccountStore {
    /// Adds a token; those of its user that have expired go.
    pub(in crate::accounts) async fn add_token(
        &self,
        owner: UserId,
        token: &Token,
        secret: &SecretHash,
    ) -> Result<(), AccountError> {
        let is_added = write!(
            self,
            connection => {
                sqlx::query(LOCK_ACCOUNT).bind(owner.0).execute(&mut *connection).await?;
                sqlx::query(DELETE_EXPIRED)
                    .bind(owner.0)
                    .bind(token.created_at.0)
                    .execute(&mut *connection)
                    .await?;
                let counted = sqlx::query_scalar::<_, i64>(COUNT).bind(owner.0);
                let counted = counted.fetch_all(&mut *connection).await?;
                let has_room = counted.iter().all(|count| *count < TOKENS_MAX);
                if has_room {
                    sqlx::query(INSERT)
                        .bind(token.id.to_string())
                        .bind(secret.as_bytes())
                        .bind(owner.0)
                        .bind(&token.name)
                        .bind(token.created_at.0)
                        .bind(token.expires_at.map(|at| at.0))
                        .execute(&mut *connection)
                        .await?;
                }
                has_room
            },
            rows => return rows.add_token(owner, token, *secret),
        );
        if is_added {
            Ok(())
        } else {
            Err(AccountError::TooManyTokens)
        }
    }

    /// The tokens of a user, newest first.
    pub(in crate::accounts) async fn tokens_of(
        &self,
        owner: UserId,
    ) -> Result<Vec<Token>, AccountError> {
        let rows: Vec<TokenRow> = read!(
            self,
            pool => sqlx::query_as(SELECT_OF_USER).bind(owner.0).fetch_all(pool),
            rows => return Ok(rows.tokens_of(owner)),
        );
        rows.into_iter().map(TokenRow::read).collect()
    }

    /// The token of this secret and its account, expired or not.
    pub(in crate::accounts) async fn find_token(
        &self,
        secret: &SecretHash,
    ) -> Result<Option<(Token, Account)>, AccountError> {
        let row: Option<WithAccount> = read!(
            self,
            pool => sqlx::query_as(SELECT).bind(secret.as_bytes()).fetch_optional(pool),
            rows => return Ok(rows.find_token(secret)),
        );
        let read = |row: WithAccount| Ok((row.token.read()?, row.account.read()?.0));
        row.map(read).transpose()
    }

    /// The token of this id, expired or not.
    pub(in crate::accounts) async fn find_token_by_id(
        &self,
        id: TokenId,
    ) -> Result<Option<Token>, AccountError> {
        let row: Option<TokenRow> = read!(
            self,
            pool => sqlx::query_as(SELECT_BY_ID).bind(id.to_string()).fetch_optional(pool),
            rows => return Ok(rows.token(id)),
        );
        row.map(TokenRow::read).transpose()
    }

    /// Notes that a token is used.
    pub(in crate::accounts) async fn note_token_use(
        &self,
        id: TokenId,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        write!(
            self,
            connection => {
                sqlx::query(NOTE_USE)
                    .bind(id.to_string())
                    .bind(now.0)
                    .execute(connection)
                    .await?;
            },
            rows => rows.note_token_use(id, now),
        );
        Ok(())
    }

    /// Removes a token of this user; answers whether there was one.
    pub(in crate::accounts) async fn delete_token(
        &self,
        owner: UserId,
        id: TokenId,
    ) -> Result<bool, AccountError> {
        Ok(write!(
            self,
            connection => {
                let done = sqlx::query(DELETE)
                    .bind(owner.0)
                    .bind(id.to_string())
                    .execute(connection)
                    .await?;
                done.rows_affected() == 1
            },
            rows => rows.delete_token(owner, id),
        ))
    }
}
