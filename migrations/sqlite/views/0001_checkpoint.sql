-- How far the views have got in the ledger, moved in the transaction that writes them.
--
-- `mark` names the event at `position`: where the ledger has another event there, or none, the views are
-- of another ledger and are folded anew. `version` is the version of the program's folds.
CREATE TABLE checkpoint (
    name     TEXT   NOT NULL PRIMARY KEY,
    version  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    mark     TEXT   NOT NULL
) STRICT;
