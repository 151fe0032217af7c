-- Prices: everything that both agreed on, one row each time: a new reservation (`confirmed`), other
-- terms of one (`changed`), optional instances of one (`options`). A row never changes once it is
-- written. Amounts of money are credits as decimal text, as in the accounts. `list_price` is the quote's,
-- `price` what was agreed on for the whole of the terms, `paid_before` and `paid` what the reservation
-- had cost its user before and after.
CREATE TABLE agreements (
    agreement_id   TEXT NOT NULL PRIMARY KEY,
    agreed_at      INTEGER NOT NULL,
    reservation_id TEXT NOT NULL,
    user_id        INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    instance_type  TEXT NOT NULL,
    instances      INTEGER NOT NULL,
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    vcpu_ms        INTEGER NOT NULL,
    list_price     TEXT NOT NULL,
    price          TEXT NOT NULL,
    paid_before    TEXT NOT NULL,
    paid           TEXT NOT NULL
) STRICT;

CREATE INDEX agreements_in_time ON agreements (agreed_at, agreement_id);
