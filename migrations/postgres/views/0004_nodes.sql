-- Nodes as of the checkpoint, retired ones too. Lists are ordered by name.
CREATE TABLE nodes (
    name             TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    pool             TEXT   NOT NULL,
    status           TEXT   NOT NULL,
    vcpus            BIGINT NOT NULL,
    memory_mib       BIGINT NOT NULL,
    disk_gib         BIGINT NOT NULL,
    sequence         BIGINT NOT NULL,
    position         BIGINT NOT NULL,
    created_position BIGINT NOT NULL,
    state            TEXT   NOT NULL
);
