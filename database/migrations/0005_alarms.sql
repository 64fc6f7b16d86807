-- Alarms after ISA-18.2: one row an occurrence, with what was seen when it was raised (never rewritten) and where it
-- stands now; every step of it is another row of alarm_transitions, and stays.
CREATE TABLE alarms (
    alarm             INTEGER PRIMARY KEY,
    kind              TEXT    NOT NULL,               -- danger, limit, no_verdict, source, fleet
    priority          TEXT    NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    watch             TEXT    NOT NULL,               -- JSON: what is watched
    what              TEXT    NOT NULL,               -- JSON: what was seen
    loco              TEXT,
    source            TEXT,
    cause             TEXT,                           -- why there is no verdict, by its key
    channel           TEXT,
    value             REAL,                           -- in the channel's unit; a probability for danger
    limit_value       REAL,                           -- the limit, or the threshold
    raised_ms         INTEGER NOT NULL,               -- UTC milliseconds, the computer's clock, as all below but of_ms
    of_ms             INTEGER,                        -- the reading, the source's clock
    flow_rate         REAL,
    pressure          REAL,
    vibration         REAL,
    temperature       REAL,
    probability       REAL,
    threshold         REAL,
    model             INTEGER,
    state             TEXT    NOT NULL CHECK (state IN ('unacknowledged', 'returned_unacknowledged', 'acknowledged',
                                                        'shelved', 'out_of_service', 'closed')),
    active            INTEGER NOT NULL,
    returned_ms       INTEGER,
    acknowledged_ms   INTEGER,
    acknowledged_by   TEXT,
    comment           TEXT,
    aside_ms          INTEGER,                        -- shelved or taken out of service
    aside_by          TEXT,
    reason            TEXT,
    shelved_until_ms  INTEGER
);
CREATE INDEX alarms_open ON alarms (state) WHERE state <> 'closed';
CREATE INDEX alarms_by_time ON alarms (raised_ms);
CREATE INDEX alarms_by_locomotive ON alarms (loco, of_ms) WHERE loco IS NOT NULL;
CREATE TRIGGER alarms_keep_what_was_seen BEFORE UPDATE OF alarm, kind, priority, watch, what, loco, source, cause,
    channel, value, limit_value, raised_ms, of_ms, flow_rate, pressure, vibration, temperature, probability, threshold,
    model ON alarms
BEGIN SELECT RAISE(ABORT, 'what an alarm saw is never rewritten'); END;
CREATE TRIGGER alarms_stay BEFORE DELETE ON alarms
BEGIN SELECT RAISE(ABORT, 'an alarm is never removed'); END;

CREATE TABLE alarm_transitions (
    transition INTEGER PRIMARY KEY,
    alarm      INTEGER NOT NULL REFERENCES alarms (alarm),
    at_ms      INTEGER NOT NULL,
    who        TEXT    NOT NULL,                      -- 'cidp' for the program itself
    step       TEXT    NOT NULL,                      -- raised, renewed, returned, acknowledged, shelved …
    words      TEXT    NOT NULL DEFAULT '',           -- comment or reason
    until_ms   INTEGER                                -- of a shelving
);
CREATE INDEX alarm_transitions_by_alarm ON alarm_transitions (alarm);
CREATE TRIGGER alarm_transitions_are_final BEFORE UPDATE ON alarm_transitions
BEGIN SELECT RAISE(ABORT, 'a step of an alarm is never rewritten'); END;
CREATE TRIGGER alarm_transitions_stay BEFORE DELETE ON alarm_transitions
BEGIN SELECT RAISE(ABORT, 'a step of an alarm is never removed'); END;

CREATE VIEW v_alarms AS
    SELECT alarm, strftime('%Y-%m-%dT%H:%M:%fZ', raised_ms / 1000.0, 'unixepoch') AS raised_utc,
           strftime('%Y-%m-%dT%H:%M:%fZ', of_ms / 1000.0, 'unixepoch') AS reading_utc,
           priority, kind, state, loco AS locomotive, source, cause, channel, value, limit_value,
           flow_rate AS flow_rate_l_min, pressure AS pressure_bar, vibration AS vibration_mm_s,
           temperature AS temperature_c, probability, threshold, model AS model_version,
           strftime('%Y-%m-%dT%H:%M:%fZ', returned_ms / 1000.0, 'unixepoch') AS returned_utc,
           strftime('%Y-%m-%dT%H:%M:%fZ', acknowledged_ms / 1000.0, 'unixepoch') AS acknowledged_utc,
           acknowledged_by, comment,
           strftime('%Y-%m-%dT%H:%M:%fZ', aside_ms / 1000.0, 'unixepoch') AS set_aside_utc,
           aside_by AS set_aside_by, reason,
           strftime('%Y-%m-%dT%H:%M:%fZ', shelved_until_ms / 1000.0, 'unixepoch') AS shelved_until_utc,
           (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM alarms;
CREATE VIEW v_alarm_transitions AS
    SELECT transition, alarm, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at_utc, who, step, words,
           strftime('%Y-%m-%dT%H:%M:%fZ', until_ms / 1000.0, 'unixepoch') AS until_utc,
           (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM alarm_transitions;
