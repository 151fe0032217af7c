-- For people who ask in SQL: what came to the views since 0006, with times as there. The program never
-- reads these. An instant past the year 9999 means "still so" and is shown as none.
CREATE VIEW bookings_by_time AS
    SELECT booking_id, reservation_id, user_id, node, kind, offer, piece, count, instance_type, vcpus,
           memory_mib, disk_gib,
           strftime('%Y-%m-%dT%H:%M:%fZ', starts_at / 1000.0, 'unixepoch') AS starts_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', ends_at / 1000.0, 'unixepoch') AS ends_at
    FROM bookings;

CREATE VIEW instance_runs_by_time AS
    SELECT run_id, instance_id, node, vcpus, memory_mib, disk_gib,
           strftime('%Y-%m-%dT%H:%M:%fZ', starts_at / 1000.0, 'unixepoch') AS starts_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', ends_at / 1000.0, 'unixepoch') AS ends_at
    FROM instance_runs;

CREATE VIEW node_history_by_time AS
    SELECT span_id, node, status, vcpus, memory_mib, disk_gib,
           strftime('%Y-%m-%dT%H:%M:%fZ', starts_at / 1000.0, 'unixepoch') AS starts_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', ends_at / 1000.0, 'unixepoch') AS ends_at
    FROM node_history;

CREATE VIEW proposals_by_time AS
    SELECT proposal_id, reservation_id, user_id, round, is_change, instance_type, instances, vcpu_ms,
           answer, reasons,
           strftime('%Y-%m-%dT%H:%M:%fZ', answered_at / 1000.0, 'unixepoch') AS answered_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', starts_at / 1000.0, 'unixepoch') AS starts_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', ends_at / 1000.0, 'unixepoch') AS ends_at
    FROM proposals;

CREATE VIEW agreements_by_time AS
    SELECT agreement_id, reservation_id, user_id, kind, instance_type, instances, vcpu_ms, list_price,
           price, paid_before, paid,
           strftime('%Y-%m-%dT%H:%M:%fZ', agreed_at / 1000.0, 'unixepoch') AS agreed_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', starts_at / 1000.0, 'unixepoch') AS starts_at,
           strftime('%Y-%m-%dT%H:%M:%fZ', ends_at / 1000.0, 'unixepoch') AS ends_at
    FROM agreements;
