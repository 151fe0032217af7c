-- Reservations as of the checkpoint. `state` is the whole aggregate, which the API renders; the other
-- columns are what lists filter by. A list is ordered by `created_position`, which never changes, so
-- that paging meets every reservation exactly once.
CREATE TABLE reservations (
    created_position INTEGER NOT NULL PRIMARY KEY,
    reservation_id   TEXT   NOT NULL UNIQUE,
    user_id          INTEGER NOT NULL,
    status           TEXT   NOT NULL,
    template         TEXT,
    instance_type    TEXT,
    starts_at        INTEGER,
    ends_at          INTEGER,
    duration_class   INTEGER,
    created_at       INTEGER NOT NULL,
    sequence         INTEGER NOT NULL,
    position         INTEGER NOT NULL,
    state            TEXT   NOT NULL
) STRICT;

-- One user's, those of one status, and everybody's of one status, newest first.
CREATE INDEX reservations_of_user ON reservations (user_id, created_position);
CREATE INDEX reservations_of_user_and_status ON reservations (user_id, status, created_position);
CREATE INDEX reservations_of_status ON reservations (status, created_position);

-- What overlaps a window, without looking at every row: windows of one class are nearly of one length,
-- so those that reach into a span start in a range that is little longer than it.
CREATE INDEX reservations_in_time ON reservations (duration_class, starts_at, ends_at);
CREATE INDEX reservations_of_template ON reservations (template, created_position);
