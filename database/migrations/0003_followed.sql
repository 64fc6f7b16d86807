-- Files that grow: how far each was read, kept in the transaction that took its rows, so that a program killed
-- at any moment goes on there and neither loses nor doubles a row.
CREATE TABLE followed_files (
    source TEXT    NOT NULL,
    role   TEXT    NOT NULL,
    path   TEXT    NOT NULL,
    file   INTEGER NOT NULL REFERENCES source_files (file),
    bytes  INTEGER NOT NULL,                          -- read so far, up to the end of a line
    lines  INTEGER NOT NULL,                          -- in those bytes
    digest BLOB    NOT NULL,                          -- BLAKE3 of those bytes
    rules  BLOB    NOT NULL,                          -- BLAKE3 of what the rows were judged by
    newest TEXT    NOT NULL,                          -- JSON: the newest instant of each locomotive in this file
    PRIMARY KEY (source, role, path)
) WITHOUT ROWID;

-- How often a locomotive got readings before the newest one held: who follows the newest looks again.
CREATE TABLE late_loads (
    loco  INTEGER PRIMARY KEY REFERENCES locomotives (loco),
    times INTEGER NOT NULL
);

-- What is left in `run_loads` is what is to be scored: a run of live passes is lengthened, so its number says
-- nothing about what of it was.
DELETE FROM run_loads
WHERE run <= (SELECT CAST(value AS INTEGER) FROM warehouse_facts WHERE fact = 'scored_run');
DELETE FROM warehouse_facts WHERE fact = 'scored_run';
