-- Demand: every proposal that was answered, with what was asked and how it was answered. A row never
-- changes once it is written. `vcpu_ms` is what was asked in all: vCPUs of one instance, times the fixed
-- instances, times the milliseconds of the window. `reasons` are the codes of why not as asked, each
-- once, with a blank between them.
CREATE TABLE proposals (
    proposal_id    TEXT NOT NULL PRIMARY KEY,
    answered_at    INTEGER NOT NULL,
    reservation_id TEXT NOT NULL,
    user_id        INTEGER NOT NULL,
    round          INTEGER NOT NULL,
    is_change      INTEGER NOT NULL,
    instance_type  TEXT NOT NULL,
    instances      INTEGER NOT NULL,
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    vcpu_ms        INTEGER NOT NULL,
    answer         TEXT NOT NULL,
    reasons        TEXT NOT NULL
) STRICT;

CREATE INDEX proposals_in_time ON proposals (answered_at, proposal_id);
