-- For people who ask in SQL: the same rows with times as times. The program never reads these. An
-- instant past the year 9999 means "never" and is shown as none.
CREATE FUNCTION instant(ms BIGINT) RETURNS TIMESTAMPTZ LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN ms BETWEEN 0 AND 253402300799999
                THEN TIMESTAMPTZ 'epoch' + ms * INTERVAL '1 millisecond' END
$$;

CREATE VIEW reservations_by_time AS
    SELECT reservation_id, user_id, status, template, instance_type,
           instant(starts_at) AS starts_at, instant(ends_at) AS ends_at,
           instant(created_at) AS created_at, sequence, position, created_position,
           state::json AS state
    FROM reservations;

CREATE VIEW instances_by_time AS
    SELECT instance_id, reservation_id, user_id, name, node, template, instance_type, wanted,
           power_state, work, ip_address, removed = 1 AS removed,
           instant(starts_at) AS starts_at, instant(ends_at) AS ends_at,
           sequence, position, created_position, state::json AS state
    FROM instances;
