-- Demand: every proposal that was answered, with what was asked and how it was answered. A row never
-- changes once it is written. `vcpu_ms` is what was asked in all: vCPUs of one instance, times the fixed
-- instances, times the milliseconds of the window. `reasons` are the codes of why not as asked, each
-- once, with a blank between them.
CREATE TABLE proposals (
    proposal_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    answered_at    BIGINT NOT NULL,
    reservation_id TEXT COLLATE "C" NOT NULL,
    user_id        BIGINT NOT NULL,
    round          BIGINT NOT NULL,
    is_change      BIGINT NOT NULL,
    instance_type  TEXT NOT NULL,
    instances      BIGINT NOT NULL,
    starts_at      BIGINT NOT NULL,
    ends_at        BIGINT NOT NULL,
    vcpu_ms        BIGINT NOT NULL,
    answer         TEXT NOT NULL,
    reasons        TEXT NOT NULL
);

CREATE INDEX proposals_in_time ON proposals (answered_at, proposal_id);
