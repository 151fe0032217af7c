-- Instances as of the checkpoint. One whose VM is gone stays to be found and is not listed by default.
CREATE TABLE instances (
    created_position BIGINT NOT NULL PRIMARY KEY,
    instance_id      TEXT   COLLATE "C" NOT NULL UNIQUE,
    reservation_id   TEXT   COLLATE "C" NOT NULL,
    user_id          BIGINT NOT NULL,
    name             TEXT   NOT NULL,
    node             TEXT   NOT NULL,
    template         TEXT   NOT NULL,
    instance_type    TEXT   NOT NULL,
    wanted           TEXT   NOT NULL,
    power_state      TEXT   COLLATE "C" NOT NULL,
    work             TEXT   NOT NULL,
    ip_address       TEXT,
    removed          BIGINT NOT NULL,
    starts_at        BIGINT NOT NULL,
    ends_at          BIGINT NOT NULL,
    duration_class   BIGINT NOT NULL,
    sequence         BIGINT NOT NULL,
    position         BIGINT NOT NULL,
    state            TEXT   NOT NULL
);

CREATE INDEX instances_of_reservation ON instances (reservation_id, created_position);
CREATE INDEX instances_of_user ON instances (user_id, removed, power_state, created_position);
CREATE INDEX instances_of_power_state ON instances (removed, power_state, created_position);
CREATE INDEX instances_in_time ON instances (duration_class, starts_at, ends_at);
CREATE INDEX instances_of_template ON instances (template, created_position);
