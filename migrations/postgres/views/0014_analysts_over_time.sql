-- For people who ask in SQL: what came to the views since 0006, with times as there. The program never
-- reads these. An instant past the year 9999 means "still so" and is shown as none.
CREATE VIEW bookings_by_time AS
    SELECT booking_id, reservation_id, user_id, node, kind, offer, piece, count, instance_type, vcpus,
           memory_mib, disk_gib,
           instant(starts_at) AS starts_at,
           instant(ends_at) AS ends_at
    FROM bookings;

CREATE VIEW instance_runs_by_time AS
    SELECT run_id, instance_id, node, vcpus, memory_mib, disk_gib,
           instant(starts_at) AS starts_at,
           instant(ends_at) AS ends_at
    FROM instance_runs;

CREATE VIEW node_history_by_time AS
    SELECT span_id, node, status, vcpus, memory_mib, disk_gib,
           instant(starts_at) AS starts_at,
           instant(ends_at) AS ends_at
    FROM node_history;

CREATE VIEW proposals_by_time AS
    SELECT proposal_id, reservation_id, user_id, round, is_change, instance_type, instances, vcpu_ms,
           answer, reasons,
           instant(answered_at) AS answered_at,
           instant(starts_at) AS starts_at,
           instant(ends_at) AS ends_at
    FROM proposals;

CREATE VIEW agreements_by_time AS
    SELECT agreement_id, reservation_id, user_id, kind, instance_type, instances, vcpu_ms, list_price,
           price, paid_before, paid,
           instant(agreed_at) AS agreed_at,
           instant(starts_at) AS starts_at,
           instant(ends_at) AS ends_at
    FROM agreements;
