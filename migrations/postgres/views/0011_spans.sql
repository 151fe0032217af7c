-- How long instances really ran, and what the nodes had and how they were, as of the checkpoint. What
-- still is so ends at the largest number there is. Times are those at which it was recorded.
CREATE TABLE instance_runs (
    run_id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    instance_id    TEXT COLLATE "C" NOT NULL,
    node           TEXT COLLATE "C" NOT NULL,
    vcpus          BIGINT NOT NULL,
    memory_mib     BIGINT NOT NULL,
    disk_gib       BIGINT NOT NULL,
    starts_at      BIGINT NOT NULL,
    ends_at        BIGINT NOT NULL,
    duration_class BIGINT NOT NULL
);

CREATE INDEX instance_runs_of_instance ON instance_runs (instance_id, ends_at);
CREATE INDEX instance_runs_in_time ON instance_runs (duration_class, starts_at, run_id);

CREATE TABLE node_history (
    span_id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    node           TEXT COLLATE "C" NOT NULL,
    status         TEXT NOT NULL,
    vcpus          BIGINT NOT NULL,
    memory_mib     BIGINT NOT NULL,
    disk_gib       BIGINT NOT NULL,
    starts_at      BIGINT NOT NULL,
    ends_at        BIGINT NOT NULL,
    duration_class BIGINT NOT NULL
);

CREATE INDEX node_history_of_node ON node_history (node, ends_at);
CREATE INDEX node_history_in_time ON node_history (duration_class, starts_at, span_id);
