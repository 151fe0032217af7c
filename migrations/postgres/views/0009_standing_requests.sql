-- Standing requests as of the checkpoint: what was wished for, and how that ended.
CREATE TABLE standing_requests (
    created_position    BIGINT NOT NULL PRIMARY KEY,
    standing_request_id TEXT   NOT NULL UNIQUE,
    user_id             BIGINT NOT NULL,
    status              TEXT   NOT NULL,
    created_at          BIGINT NOT NULL,
    sequence            BIGINT NOT NULL,
    position            BIGINT NOT NULL,
    state               TEXT   NOT NULL
);

-- One user's, newest first.
CREATE INDEX standing_requests_of_user ON standing_requests (user_id, created_position);
