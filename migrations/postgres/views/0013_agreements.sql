-- Prices: everything that both agreed on, one row each time: a new reservation (`confirmed`), other
-- terms of one (`changed`), optional instances of one (`options`). A row never changes once it is
-- written. Amounts of money are credits as decimal text, as in the accounts. `list_price` is the quote's,
-- `price` what was agreed on for the whole of the terms, `paid_before` and `paid` what the reservation
-- had cost its user before and after.
CREATE TABLE agreements (
    agreement_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
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

CREATE INDEX agreements_in_time ON agreements (agreed_at, agreement_id);
