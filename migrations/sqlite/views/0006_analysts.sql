-- For people who ask in SQL: the same rows with times in the form of RFC 3339. The program never reads
-- these. An instant past the year 9999 means "never" and is shown as none.
CREATE VIEW reservations_by_time AS
    SELECT reservation_id, user_id, status, template, instance_type,
           strftime('%Y-%m-%dT%H:%M:%fZ', starts_at / 1000.0, 'unixepoch') AS starts_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', ends_at / 1000.0, 'unixepoch') AS ends_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS created_at,
           sequence, position, created_position, state
    FROM reservations;

CREATE VIEW instances_by_time AS
    SELECT instance_id, reservation_id, user_id, name, node, template, instance_type, wanted,
           power_state, work, ip_address, removed,
           strftime('%Y-%m-%dT%H:%M:%fZ', starts_at / 1000.0, 'unixepoch') AS starts_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', ends_at / 1000.0, 'unixepoch') AS ends_at,
           sequence, position, created_position, state
    FROM instances;
