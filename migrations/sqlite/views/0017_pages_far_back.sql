-- A page of a list is found by its place in an index, `(status, created_position) < (…, …)`, however far back it
-- is. SQLite looks up only the first of the two where the second is the row's own number, which INTEGER PRIMARY
-- KEY makes of a column, and then passes over every newer row. INT PRIMARY KEY does not: it is a column as any
-- other, with an index of its own. The rows stay as they are.
DROP VIEW reservations_by_time;
DROP VIEW instances_by_time;

CREATE TABLE new_reservations (
    created_position INT    NOT NULL PRIMARY KEY,
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
INSERT INTO new_reservations SELECT * FROM reservations ORDER BY created_position;
DROP TABLE reservations;
ALTER TABLE new_reservations RENAME TO reservations;
CREATE INDEX reservations_of_user ON reservations (user_id, created_position);
CREATE INDEX reservations_of_user_and_status ON reservations (user_id, status, created_position);
CREATE INDEX reservations_of_status ON reservations (status, created_position);
CREATE INDEX reservations_in_time ON reservations (duration_class, starts_at, ends_at);
CREATE INDEX reservations_of_template ON reservations (template, created_position);
CREATE INDEX reservations_of_type ON reservations (instance_type, created_position);

CREATE TABLE new_instances (
    created_position INT    NOT NULL PRIMARY KEY,
    instance_id      TEXT   NOT NULL UNIQUE,
    reservation_id   TEXT   NOT NULL,
    user_id          INTEGER NOT NULL,
    name             TEXT   NOT NULL,
    node             TEXT   NOT NULL,
    template         TEXT   NOT NULL,
    instance_type    TEXT   NOT NULL,
    wanted           TEXT   NOT NULL,
    power_state      TEXT   NOT NULL,
    work             TEXT   NOT NULL,
    ip_address       TEXT,
    removed          INTEGER NOT NULL,
    starts_at        INTEGER NOT NULL,
    ends_at          INTEGER NOT NULL,
    duration_class   INTEGER NOT NULL,
    sequence         INTEGER NOT NULL,
    position         INTEGER NOT NULL,
    state            TEXT   NOT NULL
) STRICT;
INSERT INTO new_instances SELECT * FROM instances ORDER BY created_position;
DROP TABLE instances;
ALTER TABLE new_instances RENAME TO instances;
CREATE INDEX instances_of_reservation ON instances (reservation_id, created_position);
CREATE INDEX instances_of_user ON instances (user_id, removed, power_state, created_position);
CREATE INDEX instances_of_power_state ON instances (removed, power_state, created_position);
CREATE INDEX instances_in_time ON instances (duration_class, starts_at, ends_at);
CREATE INDEX instances_of_template ON instances (template, created_position);
CREATE INDEX instances_of_node ON instances (node, created_position);
CREATE INDEX instances_stuck ON instances (created_position) WHERE work = 'stuck';

CREATE TABLE new_series (
    created_position INT    NOT NULL PRIMARY KEY,
    series_id        TEXT   NOT NULL UNIQUE,
    user_id          INTEGER NOT NULL,
    status           TEXT   NOT NULL,
    created_at       INTEGER NOT NULL,
    sequence         INTEGER NOT NULL,
    position         INTEGER NOT NULL,
    state            TEXT   NOT NULL
) STRICT;
INSERT INTO new_series SELECT * FROM series ORDER BY created_position;
DROP TABLE series;
ALTER TABLE new_series RENAME TO series;
CREATE INDEX series_of_user ON series (user_id, created_position);

CREATE TABLE new_standing_requests (
    created_position    INT    NOT NULL PRIMARY KEY,
    standing_request_id TEXT   NOT NULL UNIQUE,
    user_id             INTEGER NOT NULL,
    status              TEXT   NOT NULL,
    created_at          INTEGER NOT NULL,
    sequence            INTEGER NOT NULL,
    position            INTEGER NOT NULL,
    state               TEXT   NOT NULL
) STRICT;
INSERT INTO new_standing_requests SELECT * FROM standing_requests ORDER BY created_position;
DROP TABLE standing_requests;
ALTER TABLE new_standing_requests RENAME TO standing_requests;
CREATE INDEX standing_requests_of_user ON standing_requests (user_id, created_position);

CREATE VIEW reservations_by_time AS
    SELECT reservation_id, user_id, status, template, instance_type,
           strftime('%Y-%m-%dT%H:%M:%fZ', starts_at / 1000.0, 'unixepoch') AS starts_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', ends_at / 1000.0, 'unixepoch') AS ends_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS created_at,
           sequence, position, created_position, state
    FROM reservations;

CREATE VIEW instances_by_time AS
    SELECT instance_id, reservation_id, user_id, name, node, template, instance_type, wanted,
           power_state, work, ip_address, removed,
           strftime('%Y-%m-%dT%H:%M:%fZ', starts_at / 1000.0, 'unixepoch') AS starts_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', ends_at / 1000.0, 'unixepoch') AS ends_at,
           sequence, position, created_position, state
    FROM instances;
