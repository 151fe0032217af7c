-- The policy in force: one row, of the one site there is.
CREATE TABLE policy (
    site             TEXT   NOT NULL PRIMARY KEY,
    version          BIGINT NOT NULL,
    sequence         BIGINT NOT NULL,
    position         BIGINT NOT NULL,
    created_position BIGINT NOT NULL,
    state            TEXT   NOT NULL
);
