-- How long instances really ran, and what the nodes had and how they were, as of the checkpoint. What
-- still is so ends at the largest number there is. Times are those at which it was recorded.
CREATE TABLE instance_runs (
    run_id         TEXT NOT NULL PRIMARY KEY,
    instance_id    TEXT NOT NULL,
    node           TEXT NOT NULL,
    vcpus          INTEGER NOT NULL,
    memory_mib     INTEGER NOT NULL,
    disk_gib       INTEGER NOT NULL,
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    duration_class INTEGER NOT NULL
) STRICT;

CREATE INDEX instance_runs_of_instance ON instance_runs (instance_id, ends_at);
CREATE INDEX instance_runs_in_time ON instance_runs (duration_class, starts_at, run_id);

CREATE TABLE node_history (
    span_id        TEXT NOT NULL PRIMARY KEY,
    node           TEXT NOT NULL,
    status         TEXT NOT NULL,
    vcpus          INTEGER NOT NULL,
    memory_mib     INTEGER NOT NULL,
    disk_gib       INTEGER NOT NULL,
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    duration_class INTEGER NOT NULL
) STRICT;

CREATE INDEX node_history_of_node ON node_history (node, ends_at);
CREATE INDEX node_history_in_time ON node_history (duration_class, starts_at, span_id);
