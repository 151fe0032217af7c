//! `Idempotency-Key`: read, fingerprinted, and one request a key at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use axum::http::{HeaderMap, Method};
use openpex_aggregates::UserId;
use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;

use crate::http::limits::{IDEMPOTENCY_KEY_BYTES_MAX, KEYED_LOCKS_KEPT};
use crate::http::problem::Problem;

/// The key of a request.
///
/// # Errors
/// 400 where it is not 1 to 255 visible ASCII characters, or comes twice.
pub(super) fn read_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    let bytes = key.as_bytes();
    let is_sane = (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_graphic)
        && keys.next().is_none();
    match key.to_str() {
        Ok(key) if is_sane => Ok(Some(key.to_owned())),
        Ok(_) | Err(_) => {
            let detail = format!(
                "an Idempotency-Key is one header of 1 to {IDEMPOTENCY_KEY_BYTES_MAX} visible ASCII \
                 characters"
            );
            Err(Problem::malformed("bad_idempotency_key", detail)
                .with("limitBytes", IDEMPOTENCY_KEY_BYTES_MAX))
        }
    }
}

/// SHA-256 of method, path and content, each told apart from the next.
#[must_use]
pub fn fingerprint(method: &Method, path: &str, content: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [method.as_str().as_bytes(), path.as_bytes(), content] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

type Lock = tokio::sync::Mutex<()>;

/// One lock a key: of two requests with the same key, the second waits for the first.
#[derive(Debug, Default)]
pub struct KeyedLocks {
    locks: Mutex<HashMap<(UserId, String), Weak<Lock>>>,
}

impl KeyedLocks {
    /// Waits for the key, and holds it until the guard is dropped.
    pub async fn hold(&self, user_id: UserId, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            if locks.len() >= KEYED_LOCKS_KEPT {
                locks.retain(|_, lock| lock.strong_count() > 0);
            }
            let kept = locks.entry((user_id, key.to_owned())).or_default();
            kept.upgrade().unwrap_or_else(|| {
                let lock = Arc::new(Lock::default());
                *kept = Arc::downgrade(&lock);
                lock
            })
        };
        lock.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn given_more_keys_than_are_kept_when_nobody_holds_them_then_they_are_dropped() {
        let locks = KeyedLocks::default();
        let held = locks.hold(UserId(1), "held").await;
        for key in 0..KEYED_LOCKS_KEPT * 2 {
            drop(locks.hold(UserId(1), &key.to_string()).await);
        }
        assert!(locks.locks.lock().unwrap().len() <= KEYED_LOCKS_KEPT);
        let again = locks.hold(UserId(1), "held");
        tokio::pin!(again);
        assert!(futures_util::poll!(again.as_mut()).is_pending());
        drop(held);
        again.await;
    }

    #[test]
    fn given_parts_that_read_the_same_when_joined_then_their_fingerprints_differ() {
        let of = |path, content: &[u8]| fingerprint(&Method::PUT, path, content);
        assert_ne!(of("/a", b"b"), of("/ab", b""));
        assert_ne!(of("/a", b"b"), fingerprint(&Method::POST, "/a", b"b"));
        assert_eq!(of("/a", b"b"), of("/a", b"b"));
    }
}
