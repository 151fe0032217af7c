-- The ledger: the only truth of OpenPEX, so the database itself keeps it append-only.
--
-- The first seven columns are the layout of postgres-es, so that its repository reads our streams.
-- `position` is gapless from 1 and given by the one writer, never by a sequence: a sequence commits
-- out of order and leaves holes. `json`, not `jsonb`: the text is kept byte for byte, and the hash is
-- taken over those bytes. `recorded_at` is milliseconds since 1970, UTC.
CREATE TABLE events (
    aggregate_type TEXT   NOT NULL,
    aggregate_id   TEXT   NOT NULL,
    sequence       BIGINT NOT NULL,
    event_type     TEXT   NOT NULL,
    event_version  TEXT   NOT NULL,
    payload        JSON   NOT NULL,
    metadata       JSON   NOT NULL,
    position       BIGINT NOT NULL,
    recorded_at    BIGINT NOT NULL,
    hash           BYTEA  NOT NULL,
    CONSTRAINT events_position PRIMARY KEY (position),
    CONSTRAINT events_stream UNIQUE (aggregate_type, aggregate_id, sequence),
    CONSTRAINT events_position_from_one CHECK (position >= 1),
    CONSTRAINT events_sequence_from_one CHECK (sequence >= 1),
    CONSTRAINT events_hash_is_sha256 CHECK (length(hash) = 32)
);

CREATE FUNCTION refuse_change_of_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'openpex: the ledger is append-only, % of events is refused', TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = 'Record what changed as a new event.';
END;
$$;

CREATE TRIGGER events_are_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_events();

-- ALWAYS: also where session_replication_role switches ordinary triggers off.
ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_append_only;
