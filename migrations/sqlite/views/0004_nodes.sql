-- Nodes as of the checkpoint, retired ones too. Lists are ordered by name.
CREATE TABLE nodes (
    name             TEXT   NOT NULL PRIMARY KEY,
    pool             TEXT   NOT NULL,
    status           TEXT   NOT NULL,
    vcpus            INTEGER NOT NULL,
    memory_mib       INTEGER NOT NULL,
    disk_gib         INTEGER NOT NULL,
    sequence         INTEGER NOT NULL,
    position         INTEGER NOT NULL,
    created_position INTEGER NOT NULL,
    state            TEXT   NOT NULL
) STRICT;
