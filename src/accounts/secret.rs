//! The secrets that stand for a log-in: 256 random bits that the client keeps, of which the store has
//! only the SHA-256.
//!
//! A plain hash is enough: nobody guesses 256 random bits, so it need not be slow or salted, and to look
//! a hash up tells nothing by how long it takes. Neither a secret nor its hash has a `Debug` that shows
//! it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::clock::entropy;

/// How many bytes are drawn.
const SECRET_BYTES: usize = 32;

/// What a client shows to be let in. Has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginSecret([u8; SECRET_BYTES]);

/// What is stored of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SecretHash([u8; 32]);

impl LoginSecret {
    /// A new one.
    pub(super) fn draw() -> Self {
        Self(entropy::random_bytes())
    }

    /// The secret that `text` writes in base64url without padding; `None` where it writes none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// As it is sent: 43 characters.
    #[must_use]
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored of it.
    pub(super) fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }
}

impl SecretHash {
    /// The form to store.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_and_nothing_else_reads() {
        let secret = LoginSecret::draw();
        let text = secret.to_text();
        assert_eq!(text.len(), 43);
        assert!(LoginSecret::parse(&text) == Some(secret.clone()));
        assert!(LoginSecret::draw() != secret);
        let short = &text[1..];
        let long = format!("{text}A");
        let padded = format!("{text}=");
        // The last character has two bits to spare; only one way to write them is taken.
        let loose = format!("{}B", "A".repeat(42));
        for bad in ["", short, &long, &padded, &loose, &"!".repeat(43)] {
            assert!(LoginSecret::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_hash_is_sha_256_and_shows_nowhere() {
        // FIPS 180-4 of 32 zero bytes.
        let hash = LoginSecret([0; 32]).hash();
        let hex: String = hash.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hex,
            "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
        );
        assert_eq!(format!("{hash:?}"), "SecretHash");
    }
}
