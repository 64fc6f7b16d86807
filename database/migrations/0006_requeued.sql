-- Refused rows that were put back. The row in quarantine stays as it came; what was loaded in its place, corrected or
-- not, stands here beside it, in the transaction that loaded it.
CREATE TABLE requeued (
    file  INTEGER NOT NULL,
    line  INTEGER NOT NULL,
    run   INTEGER NOT NULL REFERENCES pipeline_runs (run) DEFERRABLE INITIALLY DEFERRED,
    at_ms INTEGER NOT NULL,                           -- when, UTC milliseconds, the computer's clock
    who   TEXT    NOT NULL,
    raw   BLOB    NOT NULL,                           -- the row as it was loaded
    PRIMARY KEY (file, line),
    FOREIGN KEY (file, line) REFERENCES quarantine (file, line)
) WITHOUT ROWID;

CREATE TRIGGER requeued_is_final BEFORE UPDATE ON requeued
BEGIN SELECT RAISE(ABORT, 'what was put back is never rewritten'); END;

-- The quarantine as pages and reports count it: by why, of what is still out.
CREATE INDEX quarantine_by_reason ON quarantine (reason);
