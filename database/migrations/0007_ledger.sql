-- The ledger: a chain of hashes over every transaction of this program, and sums over blocks of rows, so that a row
-- changed, removed or added behind its back is found and named.
--
-- A row hashes to 64 bytes (BLAKE3 over its canonical form); a block's sum is the sum of its rows' hashes modulo 2^512,
-- so it does not depend on their order and is kept up row by row. `state` of an entry is the BLAKE3 digest of a sum of
-- the same kind, 2,048 bytes wide, over all blocks (LtHash): the last entry vouches for every row.
CREATE TABLE ledger (
    entry  INTEGER PRIMARY KEY,
    at_ms  INTEGER NOT NULL,                          -- UTC milliseconds, the computer's clock
    kind   TEXT    NOT NULL,                          -- load, train, score, promote, prune, restore, settings, note …
    run    INTEGER,
    who    TEXT    NOT NULL,                          -- account or name of the shift; 'cidp' for the program itself
    detail TEXT    NOT NULL,                          -- JSON: files with their digests, rows and the digest of their sums …
    state  BLOB    NOT NULL,                          -- of all blocks after it
    head   BLOB    NOT NULL                           -- BLAKE3 over the head before it and all of the above
) STRICT;
CREATE TRIGGER ledger_is_final BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'an entry of the ledger is never rewritten'); END;
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'an entry of the ledger is never removed'); END;

CREATE TABLE ledger_blocks (
    tab      INTEGER NOT NULL,                        -- the table, by its number in the ledger
    grp      INTEGER NOT NULL,                        -- source file, run or 0, by table
    bucket   INTEGER NOT NULL,                        -- a range of keys
    rows     INTEGER NOT NULL,
    sum      BLOB    NOT NULL,
    run_from INTEGER NOT NULL,                        -- runs that wrote here, first and last; 0: none did
    run_to   INTEGER NOT NULL,
    PRIMARY KEY (tab, grp, bucket)
) STRICT, WITHOUT ROWID;

-- The wide sum over all blocks, one row.
CREATE TABLE ledger_state (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    schema INTEGER NOT NULL,                          -- whose rows it is of: after a migration they are counted anew
    sum    BLOB    NOT NULL
) STRICT;

CREATE VIEW v_ledger AS
    SELECT entry, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at_utc, kind, run, who, detail,
           lower(hex(head)) AS head, (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM ledger;
