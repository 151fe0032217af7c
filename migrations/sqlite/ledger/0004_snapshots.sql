-- The folded live state at a position: a cache that shortens a restart. It counts only while the event
-- at its position still has its hash; deleting any row of this table loses nothing.
CREATE TABLE snapshots (
    position   INTEGER NOT NULL PRIMARY KEY,
    hash       BLOB NOT NULL,
    body       BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT snapshots_hash_is_sha256 CHECK (length(hash) = 32)
) STRICT;
