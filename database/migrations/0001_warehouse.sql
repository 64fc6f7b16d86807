-- The warehouse of CIDP. Times are UTC milliseconds. A reading's key is loco << 44 | at_ms: one integer
-- primary key, no second index, in time order a locomotive.

CREATE TABLE warehouse_facts (
    fact  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE locomotives (
    loco INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- Every run that ended, sound or not; a run that was killed left nothing.
CREATE TABLE pipeline_runs (
    run                 INTEGER PRIMARY KEY,
    kind                TEXT    NOT NULL,             -- run, ingest, train
    started_ms          INTEGER NOT NULL,
    ended_ms            INTEGER NOT NULL,
    status              TEXT    NOT NULL CHECK (status IN ('ok', 'failed_safe')),
    cause               TEXT,                         -- why it failed safe
    rows_read           INTEGER NOT NULL DEFAULT 0,
    rows_kept           INTEGER NOT NULL DEFAULT 0,
    rows_already_loaded INTEGER NOT NULL DEFAULT 0,
    rows_quarantined    INTEGER NOT NULL DEFAULT 0,
    labels_incomplete   INTEGER NOT NULL DEFAULT 0,   -- a source of failures was refused
    report              TEXT    NOT NULL DEFAULT '{}' -- JSON: stages, reasons, refused sources, ignored columns
);

-- What a run added a locomotive: readings from `from_ms` on are to be scored.
CREATE TABLE run_loads (
    run     INTEGER NOT NULL REFERENCES pipeline_runs (run) DEFERRABLE INITIALLY DEFERRED,
    loco    INTEGER NOT NULL REFERENCES locomotives (loco),
    from_ms INTEGER NOT NULL,
    PRIMARY KEY (run, loco)
) WITHOUT ROWID;

CREATE TABLE source_files (
    file   INTEGER PRIMARY KEY,
    run    INTEGER NOT NULL REFERENCES pipeline_runs (run) DEFERRABLE INITIALLY DEFERRED,
    source TEXT    NOT NULL,
    role   TEXT    NOT NULL,
    clock  TEXT    NOT NULL,
    path   TEXT    NOT NULL,
    digest BLOB    NOT NULL,                          -- BLAKE3 of the content
    UNIQUE (digest, source, role)
);

CREATE TABLE sensor_metrics (
    reading     INTEGER PRIMARY KEY,                  -- loco << 44 | at_ms
    flow_rate   REAL    NOT NULL,                     -- L/min
    pressure    REAL    NOT NULL,                     -- bar
    vibration   REAL    NOT NULL,                     -- mm/s
    temperature REAL    NOT NULL,                     -- °C
    label       INTEGER,                              -- truth of the source, 0 or 1
    flags       INTEGER NOT NULL DEFAULT 0,           -- bits: 0-3 rate, 4-7 stuck, 8-11 drift
    file        INTEGER NOT NULL REFERENCES source_files (file),
    line        INTEGER NOT NULL
);

CREATE TABLE maintenance (
    loco      INTEGER NOT NULL REFERENCES locomotives (loco),
    at_ms     INTEGER NOT NULL,
    kind      TEXT    NOT NULL CHECK (kind IN ('preventive', 'failure')),
    component TEXT    NOT NULL,
    file      INTEGER NOT NULL REFERENCES source_files (file),
    line      INTEGER NOT NULL,
    PRIMARY KEY (loco, at_ms, kind, component)
) WITHOUT ROWID;

CREATE TABLE failures (
    loco      INTEGER NOT NULL REFERENCES locomotives (loco),
    at_ms     INTEGER NOT NULL,
    component TEXT    NOT NULL,
    file      INTEGER NOT NULL REFERENCES source_files (file),
    line      INTEGER NOT NULL,
    PRIMARY KEY (loco, at_ms, component)
) WITHOUT ROWID;

-- Refused rows, whole. Unique by the digest of the file (through `file`) and the line.
CREATE TABLE quarantine (
    file   INTEGER NOT NULL REFERENCES source_files (file),
    line   INTEGER NOT NULL,
    reason TEXT    NOT NULL,
    detail TEXT    NOT NULL,
    raw    BLOB    NOT NULL,
    loco   TEXT,                                      -- as far as they could be read
    at_ms  INTEGER,
    label  INTEGER,
    run    INTEGER NOT NULL REFERENCES pipeline_runs (run) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (file, line)
) WITHOUT ROWID;

CREATE INDEX quarantine_by_locomotive ON quarantine (loco, at_ms);
CREATE INDEX source_files_by_path ON source_files (path, role);

-- Models are kept for ever and never rewritten; which one is in force is the last promotion.
CREATE TABLE models (
    version    INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES pipeline_runs (run),
    trained_ms INTEGER NOT NULL,
    card       TEXT    NOT NULL,                      -- JSON
    body       BLOB    NOT NULL                       -- versioned, with its checksum
);

CREATE TABLE model_promotions (
    promotion INTEGER PRIMARY KEY,
    version   INTEGER NOT NULL REFERENCES models (version),
    at_ms     INTEGER NOT NULL
);

-- What a model said of a reading: its inputs, and nothing is ever rewritten.
CREATE TABLE ai_telemetry_predictions (
    reading     INTEGER NOT NULL,
    model       INTEGER NOT NULL REFERENCES models (version),
    run         INTEGER NOT NULL REFERENCES pipeline_runs (run),
    probability REAL    NOT NULL,
    verdict     INTEGER NOT NULL CHECK (verdict BETWEEN 0 AND 2), -- 0 nominal, 1 danger, 2 unavailable
    flow_rate   REAL    NOT NULL,
    pressure    REAL    NOT NULL,
    vibration   REAL    NOT NULL,
    temperature REAL    NOT NULL,
    PRIMARY KEY (reading, model)
) WITHOUT ROWID;

CREATE TRIGGER predictions_are_final BEFORE UPDATE ON ai_telemetry_predictions
BEGIN SELECT RAISE(ABORT, 'a prediction is never rewritten'); END;
CREATE TRIGGER models_are_final BEFORE UPDATE ON models
BEGIN SELECT RAISE(ABORT, 'a model is never rewritten'); END;

-- For Power BI, Excel, DBeaver: plain names, ISO times, `synthetic` on every row.
CREATE VIEW v_synthetic AS
    SELECT EXISTS (SELECT 1 FROM warehouse_facts WHERE fact = 'synthetic' AND value = '1') AS synthetic;

CREATE VIEW v_readings AS
    SELECT l.name AS locomotive,
           strftime('%Y-%m-%dT%H:%M:%fZ', (s.reading & 17592186044415) / 1000.0, 'unixepoch') AS time_utc,
           s.flow_rate AS flow_rate_l_min, s.pressure AS pressure_bar,
           s.vibration AS vibration_mm_s, s.temperature AS temperature_c,
           s.label, s.flags <> 0 AS flagged,
           f.source, f.path AS file, s.line, (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM sensor_metrics s
    JOIN locomotives l ON l.loco = s.reading >> 44
    JOIN source_files f ON f.file = s.file;

CREATE VIEW v_predictions AS
    SELECT l.name AS locomotive,
           strftime('%Y-%m-%dT%H:%M:%fZ', (p.reading & 17592186044415) / 1000.0, 'unixepoch') AS time_utc,
           p.probability,
           CASE p.verdict WHEN 0 THEN 'nominal' WHEN 1 THEN 'danger' ELSE 'unavailable' END AS verdict,
           p.model AS model_version, p.run,
           p.flow_rate AS flow_rate_l_min, p.pressure AS pressure_bar,
           p.vibration AS vibration_mm_s, p.temperature AS temperature_c,
           (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM ai_telemetry_predictions p
    JOIN locomotives l ON l.loco = p.reading >> 44;

CREATE VIEW v_maintenance AS
    SELECT l.name AS locomotive,
           strftime('%Y-%m-%dT%H:%M:%fZ', m.at_ms / 1000.0, 'unixepoch') AS time_utc,
           m.kind AS type, m.component, (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM maintenance m JOIN locomotives l ON l.loco = m.loco;

CREATE VIEW v_failures AS
    SELECT l.name AS locomotive,
           strftime('%Y-%m-%dT%H:%M:%fZ', m.at_ms / 1000.0, 'unixepoch') AS time_utc,
           m.component, (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM failures m JOIN locomotives l ON l.loco = m.loco;

CREATE VIEW v_quarantine AS
    SELECT f.source, f.path AS file, q.line, q.reason, q.detail, q.raw,
           q.loco AS locomotive,
           strftime('%Y-%m-%dT%H:%M:%fZ', q.at_ms / 1000.0, 'unixepoch') AS time_utc,
           q.run, (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM quarantine q JOIN source_files f ON f.file = q.file;

CREATE VIEW v_runs AS
    SELECT run, kind,
           strftime('%Y-%m-%dT%H:%M:%fZ', started_ms / 1000.0, 'unixepoch') AS started_utc,
           strftime('%Y-%m-%dT%H:%M:%fZ', ended_ms / 1000.0, 'unixepoch') AS ended_utc,
           status, cause, rows_read, rows_kept, rows_already_loaded, rows_quarantined,
           (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM pipeline_runs;

CREATE VIEW v_models AS
    SELECT m.version, strftime('%Y-%m-%dT%H:%M:%fZ', m.trained_ms / 1000.0, 'unixepoch') AS trained_utc,
           m.version = (SELECT version FROM model_promotions ORDER BY promotion DESC LIMIT 1) AS in_force,
           json_extract(m.card, '$.label_kind') AS label_kind,
           json_extract(m.card, '$.threshold') AS threshold,
           json_extract(m.card, '$.metrics.roc_auc') AS roc_auc,
           json_extract(m.card, '$.refusal') AS refusal,
           (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM models m;
