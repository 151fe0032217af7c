-- The ledger: the only truth of OpenPEX, so the database itself keeps it append-only.
--
-- The first seven columns are the layout of sqlite-es, so that its repository reads our streams.
-- `position` is gapless from 1 and given by the one writer. The hash is taken over the bytes of
-- `payload` and `metadata` as they are stored. `recorded_at` is milliseconds since 1970, UTC.
CREATE TABLE events (
    aggregate_type TEXT    NOT NULL,
    aggregate_id   TEXT    NOT NULL,
    sequence       INTEGER NOT NULL,
    event_type     TEXT    NOT NULL,
    event_version  TEXT    NOT NULL,
    payload        TEXT    NOT NULL,
    metadata       TEXT    NOT NULL,
    position       INTEGER NOT NULL PRIMARY KEY,
    recorded_at    INTEGER NOT NULL,
    hash           BLOB    NOT NULL,
    CONSTRAINT events_stream UNIQUE (aggregate_type, aggregate_id, sequence),
    CONSTRAINT events_position_from_one CHECK (position >= 1),
    CONSTRAINT events_sequence_from_one CHECK (sequence >= 1),
    CONSTRAINT events_payload_is_json CHECK (json_valid(payload)),
    CONSTRAINT events_metadata_is_json CHECK (json_valid(metadata)),
    CONSTRAINT events_hash_is_sha256 CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'openpex: the ledger is append-only, UPDATE of events is refused');
END;

CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'openpex: the ledger is append-only, DELETE of events is refused');
END;

-- INSERT OR REPLACE deletes the row in its way without firing the trigger above; so a row may only
-- be added where none is.
CREATE TRIGGER events_refuse_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'openpex: the ledger is append-only, this position is taken');
END;

CREATE TRIGGER events_refuse_replace_in_stream BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events
             WHERE aggregate_type = NEW.aggregate_type AND aggregate_id = NEW.aggregate_id
               AND sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'openpex: the ledger is append-only, this sequence of the stream is taken');
END;
