-- What reservations have of the nodes over time, as of the checkpoint: a row for each reservation and
-- node, for what both agreed on (`firm`) and for each offer that is held (`held`). What was agreed on
-- before a running reservation was changed stays in a row of its own, with the number of the event that
-- changed it as its `piece`; the rows in force have piece 0. Amounts are those of one of `count`.
CREATE TABLE bookings (
    booking_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    reservation_id TEXT COLLATE "C" NOT NULL,
    user_id        BIGINT NOT NULL,
    node           TEXT COLLATE "C" NOT NULL,
    kind           TEXT NOT NULL,
    offer          BIGINT NOT NULL,
    piece          BIGINT NOT NULL,
    count          BIGINT NOT NULL,
    instance_type  TEXT NOT NULL,
    vcpus          BIGINT NOT NULL,
    memory_mib     BIGINT NOT NULL,
    disk_gib       BIGINT NOT NULL,
    starts_at      BIGINT NOT NULL,
    ends_at        BIGINT NOT NULL,
    duration_class BIGINT NOT NULL
);

CREATE INDEX bookings_of_reservation ON bookings (reservation_id, piece);
-- What overlaps a window, oldest start first: everybody's, one user's, one node's.
CREATE INDEX bookings_in_time ON bookings (duration_class, starts_at, booking_id);
CREATE INDEX bookings_of_user ON bookings (user_id, duration_class, starts_at, booking_id);
CREATE INDEX bookings_of_node ON bookings (node, duration_class, starts_at, booking_id);
