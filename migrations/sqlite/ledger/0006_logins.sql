-- Who is logged in, and by what. A browser's session and a program's API token are each 256 random
-- bits that only the client keeps: the tables have their SHA-256, so that who reads them cannot log in.
-- A session ends by the service's clock after `used_at` (idle) or `opened_at` (at the latest); how long
-- that is, is configured, not stored. `session_id` counts up and is never used twice: of too many
-- sessions of one user the lowest ends. `zone` is the IANA time zone in which a user wants times shown.
ALTER TABLE accounts ADD COLUMN zone TEXT;

CREATE TABLE login_sessions (
    session_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    secret_hash BLOB NOT NULL,
    user_id     INTEGER NOT NULL REFERENCES accounts (user_id),
    opened_at   INTEGER NOT NULL,
    used_at     INTEGER NOT NULL,
    CONSTRAINT login_sessions_secret UNIQUE (secret_hash),
    CONSTRAINT login_sessions_secret_is_sha256 CHECK (length(secret_hash) = 32)
) STRICT;
CREATE INDEX login_sessions_of_user ON login_sessions (user_id, session_id);

CREATE TABLE api_tokens (
    token_id     TEXT PRIMARY KEY NOT NULL,
    secret_hash  BLOB NOT NULL,
    user_id      INTEGER NOT NULL REFERENCES accounts (user_id),
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    CONSTRAINT api_tokens_secret UNIQUE (secret_hash),
    CONSTRAINT api_tokens_secret_is_sha256 CHECK (length(secret_hash) = 32)
) STRICT;
CREATE INDEX api_tokens_of_user ON api_tokens (user_id, created_at);
