-- Instances as of the checkpoint. One whose VM is gone stays to be found and is not listed by default.
CREATE TABLE instances (
    created_position INTEGER NOT NULL PRIMARY KEY,
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

CREATE INDEX instances_of_reservation ON instances (reservation_id, created_position);
CREATE INDEX instances_of_user ON instances (user_id, removed, power_state, created_position);
CREATE INDEX instances_of_power_state ON instances (removed, power_state, created_position);
CREATE INDEX instances_in_time ON instances (duration_class, starts_at, ends_at);
CREATE INDEX instances_of_template ON instances (template, created_position);
