-- The policy in force: one row, of the one site there is.
CREATE TABLE policy (
    site             TEXT   NOT NULL PRIMARY KEY,
    version          INTEGER NOT NULL,
    sequence         INTEGER NOT NULL,
    position         INTEGER NOT NULL,
    created_position INTEGER NOT NULL,
    state            TEXT   NOT NULL
) STRICT;
