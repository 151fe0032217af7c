-- Series as of the checkpoint: what was asked, and which reservations it came to. Where each of those
-- stands is in the view of reservations.
CREATE TABLE series (
    created_position BIGINT NOT NULL PRIMARY KEY,
    series_id        TEXT   NOT NULL UNIQUE,
    user_id          BIGINT NOT NULL,
    status           TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    sequence         BIGINT NOT NULL,
    position         BIGINT NOT NULL,
    state            TEXT   NOT NULL
);

-- One user's, newest first.
CREATE INDEX series_of_user ON series (user_id, created_position);
