-- Accounts as of the checkpoint: what each user has to spend. Amounts are credits as decimal text, since
-- the largest amount of micro-credits does not fit a signed column.
CREATE TABLE accounts (
    user_id          TEXT   NOT NULL PRIMARY KEY,
    balance          TEXT   NOT NULL,
    granted          TEXT   NOT NULL,
    spent            TEXT   NOT NULL,
    sequence         BIGINT NOT NULL,
    position         BIGINT NOT NULL,
    created_position BIGINT NOT NULL,
    state            TEXT   NOT NULL
);
