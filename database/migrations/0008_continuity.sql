-- Batches that look poisoned. Their readings are in the warehouse and judged: a danger in them is shown, NOMINAL is
-- not, and nothing learns from them until a person releases them. Nothing is rewritten but the release.
CREATE TABLE held_batches (
    hold        INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES pipeline_runs (run) DEFERRABLE INITIALLY DEFERRED,
    loco        INTEGER NOT NULL REFERENCES locomotives (loco),
    from_ms     INTEGER NOT NULL,                     -- of the data, both included
    to_ms       INTEGER NOT NULL,
    rows        INTEGER NOT NULL,
    reason      TEXT    NOT NULL,                     -- jump, at_limits, replayed, labels_flipped
    detail      TEXT    NOT NULL,                     -- JSON: channel, what was measured, the limit
    held_ms     INTEGER NOT NULL,                     -- UTC milliseconds, the computer's clock
    released_ms INTEGER,
    released_by TEXT,
    words       TEXT                                  -- why it was released
) STRICT;
CREATE INDEX held_batches_open ON held_batches (loco, from_ms) WHERE released_ms IS NULL;
CREATE TRIGGER held_batches_keep_what_was_seen BEFORE UPDATE OF hold, run, loco, from_ms, to_ms, rows, reason, detail,
    held_ms ON held_batches
BEGIN SELECT RAISE(ABORT, 'what was seen of a held batch is never rewritten'); END;
CREATE TRIGGER held_batches_stay BEFORE DELETE ON held_batches
BEGIN SELECT RAISE(ABORT, 'a held batch is never removed'); END;

CREATE VIEW v_held_batches AS
    SELECT hold, run, l.name AS locomotive,
           strftime('%Y-%m-%dT%H:%M:%fZ', from_ms / 1000.0, 'unixepoch') AS from_utc,
           strftime('%Y-%m-%dT%H:%M:%fZ', to_ms / 1000.0, 'unixepoch') AS to_utc,
           rows, reason, detail,
           strftime('%Y-%m-%dT%H:%M:%fZ', held_ms / 1000.0, 'unixepoch') AS held_utc,
           strftime('%Y-%m-%dT%H:%M:%fZ', released_ms / 1000.0, 'unixepoch') AS released_utc, released_by, words,
           (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM held_batches JOIN locomotives l USING (loco);

-- Messages to the people on call, until they are sent: they survive a restart.
CREATE TABLE outbox (
    message  INTEGER PRIMARY KEY,
    at_ms    INTEGER NOT NULL,                        -- UTC milliseconds, the computer's clock, as all below
    about    TEXT    NOT NULL,                        -- run_failed, run_late, damaged …: one message a case
    way      TEXT    NOT NULL CHECK (way IN ('mail', 'hook')),
    addressee TEXT   NOT NULL,                        -- e-mail address, or the address of the hook
    subject  TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    next_ms  INTEGER NOT NULL,                        -- not to be tried before
    sent_ms  INTEGER,
    given_up_ms INTEGER,
    error    TEXT                                     -- of the last try
) STRICT;
CREATE INDEX outbox_waiting ON outbox (next_ms) WHERE sent_ms IS NULL AND given_up_ms IS NULL;
