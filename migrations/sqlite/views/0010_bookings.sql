-- What reservations have of the nodes over time, as of the checkpoint: a row for each reservation and
-- node, for what both agreed on (`firm`) and for each offer that is held (`held`). What was agreed on
-- before a running reservation was changed stays in a row of its own, with the number of the event that
-- changed it as its `piece`; the rows in force have piece 0. Amounts are those of one of `count`.
CREATE TABLE bookings (
    booking_id     TEXT NOT NULL PRIMARY KEY,
    reservation_id TEXT NOT NULL,
    user_id        INTEGER NOT NULL,
    node           TEXT NOT NULL,
    kind           TEXT NOT NULL,
    offer          INTEGER NOT NULL,
    piece          INTEGER NOT NULL,
    count          INTEGER NOT NULL,
    instance_type  TEXT NOT NULL,
    vcpus          INTEGER NOT NULL,
    memory_mib     INTEGER NOT NULL,
    disk_gib       INTEGER NOT NULL,
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    duration_class INTEGER NOT NULL
) STRICT;

CREATE INDEX bookings_of_reservation ON bookings (reservation_id, piece);
-- What overlaps a window, oldest start first: everybody's, one user's, one node's.
CREATE INDEX bookings_in_time ON bookings (duration_class, starts_at, booking_id);
CREATE INDEX bookings_of_user ON bookings (user_id, duration_class, starts_at, booking_id);
CREATE INDEX bookings_of_node ON bookings (node, duration_class, starts_at, booking_id);
