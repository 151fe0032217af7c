-- Rows of an event each are named by its position: a number that only grows costs an index little, and tells
-- where in the ledger to look. Bookings are indexed by what they are looked up by and nothing more. The views are
-- folded anew after this.
DROP VIEW proposals_by_time;
DROP VIEW agreements_by_time;
DROP TABLE proposals;
DROP TABLE agreements;

-- Demand: every proposal that was answered, with what was asked and how it was answered. A row never
-- changes once it is written. `vcpu_ms` is what was asked in all: vCPUs of one instance, times the fixed
-- instances, times the milliseconds of the window. `reasons` are the codes of why not as asked, each
-- once, with a blank between them.
CREATE TABLE proposals (
    position       BIGINT NOT NULL PRIMARY KEY,
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

CREATE INDEX proposals_in_time ON proposals (answered_at, position);

-- Prices: everything that both agreed on, one row each time: a new reservation (`confirmed`), other
-- terms of one (`changed`), optional instances of one (`options`). A row never changes once it is
-- written. Amounts of money are credits as decimal text, as in the accounts. `list_price` is the quote's,
-- `price` what was agreed on for the whole of the terms, `paid_before` and `paid` what the reservation
-- had cost its user before and after.
CREATE TABLE agreements (
    position       BIGINT NOT NULL PRIMARY KEY,
    agreed_at      BIGINT NOT NULL,
    reservation_id TEXT COLLATE "C" NOT NULL,
    user_id        BIGINT NOT NULL,
    kind           TEXT NOT NULL,
    instance_type  TEXT NOT NULL,
    instances      BIGINT NOT NULL,
    starts_at      BIGINT NOT NULL,
    ends_at        BIGINT NOT NULL,
    vcpu_ms        BIGINT NOT NULL,
    list_price     TEXT NOT NULL,
    price          TEXT NOT NULL,
    paid_before    TEXT NOT NULL,
    paid           TEXT NOT NULL
);

CREATE INDEX agreements_in_time ON agreements (agreed_at, position);

DROP INDEX bookings_of_reservation;
DROP INDEX bookings_in_time;
DROP INDEX bookings_of_user;
DROP INDEX bookings_of_node;
-- Only what was cut off by a change is looked up by its reservation.
CREATE INDEX bookings_cut_off ON bookings (reservation_id, ends_at) WHERE piece > 0;
CREATE INDEX bookings_in_time ON bookings (duration_class, starts_at);
CREATE INDEX bookings_of_user ON bookings (user_id, duration_class, starts_at);
CREATE INDEX bookings_of_node ON bookings (node, duration_class, starts_at);

CREATE VIEW proposals_by_time AS
    SELECT position, reservation_id, user_id, round, is_change, instance_type, instances, vcpu_ms,
           answer, reasons,
           instant(answered_at) AS answered_at,
           instant(starts_at) AS starts_at,
           instant(ends_at) AS ends_at
    FROM proposals;

CREATE VIEW agreements_by_time AS
    SELECT position, reservation_id, user_id, kind, instance_type, instances, vcpu_ms, list_price,
           price, paid_before, paid,
           instant(agreed_at) AS agreed_at,
           instant(starts_at) AS starts_at,
           instant(ends_at) AS ends_at
    FROM agreements;
