-- What people and the service did and found, in the order in which it was written. Nothing is ever rewritten: what is
-- taken back is another entry.
CREATE TABLE journal (
    entry   INTEGER PRIMARY KEY,
    at_ms   INTEGER NOT NULL,                         -- UTC milliseconds, the computer's clock
    who     TEXT    NOT NULL,                         -- account or name of the shift; 'cidp' for the program itself
    act     TEXT    NOT NULL,                         -- 'note', 'breaker_armed', 'model_promoted' …
    loco    TEXT,                                     -- the locomotive that it is about
    of_ms   INTEGER,                                  -- the instant of the data that it is about
    words   TEXT    NOT NULL DEFAULT '',              -- what was said
    detail  TEXT    NOT NULL DEFAULT '{}'             -- JSON
);
CREATE INDEX journal_by_locomotive ON journal (loco, of_ms) WHERE loco IS NOT NULL;
CREATE TRIGGER journal_is_final BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never rewritten'); END;
CREATE TRIGGER journal_stays BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never removed'); END;

CREATE VIEW v_journal AS
SELECT entry, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at, who, act, loco AS loco_id,
       strftime('%Y-%m-%dT%H:%M:%fZ', of_ms / 1000.0, 'unixepoch') AS of_instant, words, detail,
       (SELECT synthetic FROM v_synthetic) AS synthetic
FROM journal;
