-- Who may append. Taking over adds one to the epoch, and every append checks it in its own
-- transaction: a writer that was thought dead and comes back is refused instead of interleaving.
-- `holder` says who it is, for the message a second writer gets.
CREATE TABLE ledger_writer (
    only_row SMALLINT NOT NULL PRIMARY KEY,
    epoch    BIGINT NOT NULL,
    holder   TEXT NOT NULL,
    CONSTRAINT ledger_writer_has_one_row CHECK (only_row = 1),
    CONSTRAINT ledger_writer_epoch_from_zero CHECK (epoch >= 0)
);

INSERT INTO ledger_writer (only_row, epoch, holder) VALUES (1, 0, 'nobody');
