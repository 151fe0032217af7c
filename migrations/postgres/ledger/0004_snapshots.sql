-- The folded live state at a position: a cache that shortens a restart. It counts only while the event
-- at its position still has its hash; deleting any row of this table loses nothing.
CREATE TABLE snapshots (
    position   BIGINT NOT NULL PRIMARY KEY,
    hash       BYTEA NOT NULL,
    body       BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT snapshots_hash_is_sha256 CHECK (length(hash) = 32)
);
