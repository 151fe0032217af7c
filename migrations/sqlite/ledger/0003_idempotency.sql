-- Answers already given, by the key the client sent (`Idempotency-Key`), so that a repeated request
-- gets the same answer. Written in the transaction that appends the events of that answer: there is
-- no moment at which one is durable and the other is not. `position` is the ledger's as the answer
-- names it; `fingerprint` tells a repetition from another request under the same key.
CREATE TABLE idempotency (
    user_id     INTEGER NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    answer      TEXT NOT NULL,
    position    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    CONSTRAINT idempotency_key PRIMARY KEY (user_id, key),
    CONSTRAINT idempotency_fingerprint_is_sha256 CHECK (length(fingerprint) = 32),
    CONSTRAINT idempotency_position_from_zero CHECK (position >= 0)
) STRICT;
