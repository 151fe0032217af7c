-- Grants for a service that can add to the ledger but not change it, and for a reader.
--
-- Not a migration: the owner of the database runs it by hand once the tables are there. Both roles
-- must exist: CREATE ROLE openpex_service LOGIN; CREATE ROLE openpex_reader LOGIN;
-- From then on the service connects as `openpex_service`. A release with a new migration is started
-- once as the owner, and this file is run again.
GRANT SELECT, INSERT ON events TO openpex_service;
GRANT SELECT, UPDATE ON ledger_writer TO openpex_service;
GRANT SELECT, INSERT ON idempotency TO openpex_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON snapshots TO openpex_service;
GRANT SELECT, INSERT, UPDATE (password_hash, zone) ON accounts TO openpex_service;
GRANT SELECT, INSERT, UPDATE (used_at), DELETE ON login_sessions TO openpex_service;
GRANT SELECT, INSERT, UPDATE (last_used_at), DELETE ON api_tokens TO openpex_service;
GRANT SELECT ON _sqlx_migrations TO openpex_service;

GRANT SELECT ON events, ledger_writer, idempotency, snapshots, _sqlx_migrations TO openpex_reader;
