-- Accounts and their secrets, the one durable state that is not in the ledger: a secret must be
-- replaceable and removable, and an event is neither. `user_id` is the paper's integer `userid`,
-- from 1 and never used twice, since the ledger names it. `username_folded` is the name in lower
-- case, unique, so that `Admin` cannot pass for `admin`. `password_hash` is a PHC string (argon2id).
CREATE TABLE accounts (
    user_id         INTEGER PRIMARY KEY AUTOINCREMENT,
    username        TEXT NOT NULL,
    username_folded TEXT NOT NULL,
    password_hash   TEXT NOT NULL,
    role            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CONSTRAINT accounts_username UNIQUE (username_folded),
    CONSTRAINT accounts_role_is_known CHECK (role IN ('user', 'operator', 'auditor'))
) STRICT;
