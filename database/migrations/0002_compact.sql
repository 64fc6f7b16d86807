-- Readings and predictions in fewer bytes, and roll-ups that stay when raw readings are pruned.
--
-- A value that is a whole number of thousandths (nearly every sensor's is) is stored as that INTEGER; any other
-- as the REAL it is. Nothing is rounded: the integer is used only where integer / 1000.0 is the value itself.
-- The views give plain numbers.

DROP VIEW v_readings;
DROP VIEW v_predictions;

CREATE TABLE readings_compact (
    reading     INTEGER PRIMARY KEY,                  -- loco << 44 | at_ms
    flow_rate   ANY     NOT NULL,                     -- L/min, as said above
    pressure    ANY     NOT NULL,                     -- bar
    vibration   ANY     NOT NULL,                     -- mm/s
    temperature ANY     NOT NULL,                     -- °C
    label       INTEGER,                              -- truth of the source, 0 or 1
    flags       INTEGER NOT NULL DEFAULT 0,           -- bits: 0-3 rate, 4-7 stuck, 8-11 drift
    file        INTEGER NOT NULL REFERENCES source_files (file),
    line        INTEGER NOT NULL
) STRICT;

INSERT INTO readings_compact
SELECT reading,
       iif(round(flow_rate * 1000.0) / 1000.0 = flow_rate AND abs(flow_rate) < 1e9,
           CAST(round(flow_rate * 1000.0) AS INTEGER), flow_rate),
       iif(round(pressure * 1000.0) / 1000.0 = pressure AND abs(pressure) < 1e9,
           CAST(round(pressure * 1000.0) AS INTEGER), pressure),
       iif(round(vibration * 1000.0) / 1000.0 = vibration AND abs(vibration) < 1e9,
           CAST(round(vibration * 1000.0) AS INTEGER), vibration),
       iif(round(temperature * 1000.0) / 1000.0 = temperature AND abs(temperature) < 1e9,
           CAST(round(temperature * 1000.0) AS INTEGER), temperature),
       label, flags, file, line
FROM sensor_metrics ORDER BY reading;

DROP TABLE sensor_metrics;
ALTER TABLE readings_compact RENAME TO sensor_metrics;

-- The inputs of a prediction are the values of its reading, which is never altered: they are not kept twice.
CREATE TABLE predictions_compact (
    reading     INTEGER NOT NULL,
    model       INTEGER NOT NULL REFERENCES models (version),
    run         INTEGER NOT NULL REFERENCES pipeline_runs (run),
    probability REAL    NOT NULL,
    verdict     INTEGER NOT NULL CHECK (verdict BETWEEN 0 AND 2), -- 0 nominal, 1 danger, 2 unavailable
    PRIMARY KEY (reading, model)
) WITHOUT ROWID;

INSERT INTO predictions_compact
SELECT reading, model, run, probability, verdict FROM ai_telemetry_predictions;

DROP TABLE ai_telemetry_predictions;
ALTER TABLE predictions_compact RENAME TO ai_telemetry_predictions;

CREATE TRIGGER predictions_are_final BEFORE UPDATE ON ai_telemetry_predictions
BEGIN SELECT RAISE(ABORT, 'a prediction is never rewritten'); END;

-- Roll-ups of readings: bucket = loco << 44 | start of the minute, hour or day (UTC). Minimum, maximum and sum
-- a channel, stored as values are; the mean is sum / readings. Kept for ever.
CREATE TABLE readings_by_minute (
    bucket          INTEGER PRIMARY KEY,
    readings        INTEGER NOT NULL,
    flow_rate_min   ANY NOT NULL, flow_rate_max   ANY NOT NULL, flow_rate_sum   ANY NOT NULL,
    pressure_min    ANY NOT NULL, pressure_max    ANY NOT NULL, pressure_sum    ANY NOT NULL,
    vibration_min   ANY NOT NULL, vibration_max   ANY NOT NULL, vibration_sum   ANY NOT NULL,
    temperature_min ANY NOT NULL, temperature_max ANY NOT NULL, temperature_sum ANY NOT NULL
) STRICT;
CREATE TABLE readings_by_hour (
    bucket          INTEGER PRIMARY KEY,
    readings        INTEGER NOT NULL,
    flow_rate_min   ANY NOT NULL, flow_rate_max   ANY NOT NULL, flow_rate_sum   ANY NOT NULL,
    pressure_min    ANY NOT NULL, pressure_max    ANY NOT NULL, pressure_sum    ANY NOT NULL,
    vibration_min   ANY NOT NULL, vibration_max   ANY NOT NULL, vibration_sum   ANY NOT NULL,
    temperature_min ANY NOT NULL, temperature_max ANY NOT NULL, temperature_sum ANY NOT NULL
) STRICT;
CREATE TABLE readings_by_day (
    bucket          INTEGER PRIMARY KEY,
    readings        INTEGER NOT NULL,
    flow_rate_min   ANY NOT NULL, flow_rate_max   ANY NOT NULL, flow_rate_sum   ANY NOT NULL,
    pressure_min    ANY NOT NULL, pressure_max    ANY NOT NULL, pressure_sum    ANY NOT NULL,
    vibration_min   ANY NOT NULL, vibration_max   ANY NOT NULL, vibration_sum   ANY NOT NULL,
    temperature_min ANY NOT NULL, temperature_max ANY NOT NULL, temperature_sum ANY NOT NULL
) STRICT;

-- Roll-ups of what models said, in the same buckets.
CREATE TABLE judged_by_minute (
    bucket          INTEGER PRIMARY KEY,
    judged          INTEGER NOT NULL,
    dangers         INTEGER NOT NULL,
    unavailables    INTEGER NOT NULL,
    probability_min REAL NOT NULL,
    probability_max REAL NOT NULL,
    probability_sum REAL NOT NULL
) STRICT;
CREATE TABLE judged_by_hour (
    bucket          INTEGER PRIMARY KEY,
    judged          INTEGER NOT NULL,
    dangers         INTEGER NOT NULL,
    unavailables    INTEGER NOT NULL,
    probability_min REAL NOT NULL,
    probability_max REAL NOT NULL,
    probability_sum REAL NOT NULL
) STRICT;
CREATE TABLE judged_by_day (
    bucket          INTEGER PRIMARY KEY,
    judged          INTEGER NOT NULL,
    dangers         INTEGER NOT NULL,
    unavailables    INTEGER NOT NULL,
    probability_min REAL NOT NULL,
    probability_max REAL NOT NULL,
    probability_sum REAL NOT NULL
) STRICT;

-- Up to where the raw readings of a locomotive were pruned; what is left of them is in the roll-ups.
CREATE TABLE pruned (
    loco     INTEGER PRIMARY KEY REFERENCES locomotives (loco),
    to_ms    INTEGER NOT NULL,
    readings INTEGER NOT NULL                         -- how many, in all
) STRICT;

-- What the warehouse already holds is rolled up now.
INSERT INTO readings_by_minute
SELECT (reading >> 44) << 44 | ((reading & 17592186044415) / 60000 * 60000), count(*),
       min(f), max(f), sum(f), min(p), max(p), sum(p), min(v), max(v), sum(v), min(t), max(t), sum(t)
FROM (SELECT reading, iif(typeof(flow_rate) = 'integer', flow_rate / 1000.0, flow_rate) AS f,
             iif(typeof(pressure) = 'integer', pressure / 1000.0, pressure) AS p,
             iif(typeof(vibration) = 'integer', vibration / 1000.0, vibration) AS v,
             iif(typeof(temperature) = 'integer', temperature / 1000.0, temperature) AS t
      FROM sensor_metrics)
GROUP BY 1;
INSERT INTO readings_by_hour
SELECT (bucket >> 44) << 44 | ((bucket & 17592186044415) / 3600000 * 3600000), sum(readings),
       min(flow_rate_min), max(flow_rate_max), sum(flow_rate_sum),
       min(pressure_min), max(pressure_max), sum(pressure_sum),
       min(vibration_min), max(vibration_max), sum(vibration_sum),
       min(temperature_min), max(temperature_max), sum(temperature_sum)
FROM readings_by_minute GROUP BY 1;
INSERT INTO readings_by_day
SELECT (bucket >> 44) << 44 | ((bucket & 17592186044415) / 86400000 * 86400000), sum(readings),
       min(flow_rate_min), max(flow_rate_max), sum(flow_rate_sum),
       min(pressure_min), max(pressure_max), sum(pressure_sum),
       min(vibration_min), max(vibration_max), sum(vibration_sum),
       min(temperature_min), max(temperature_max), sum(temperature_sum)
FROM readings_by_hour GROUP BY 1;

INSERT INTO judged_by_minute
SELECT (reading >> 44) << 44 | ((reading & 17592186044415) / 60000 * 60000), count(*),
       sum(verdict = 1), sum(verdict = 2), min(probability), max(probability), sum(probability)
FROM ai_telemetry_predictions GROUP BY 1;
INSERT INTO judged_by_hour
SELECT (bucket >> 44) << 44 | ((bucket & 17592186044415) / 3600000 * 3600000), sum(judged),
       sum(dangers), sum(unavailables), min(probability_min), max(probability_max), sum(probability_sum)
FROM judged_by_minute GROUP BY 1;
INSERT INTO judged_by_day
SELECT (bucket >> 44) << 44 | ((bucket & 17592186044415) / 86400000 * 86400000), sum(judged),
       sum(dangers), sum(unavailables), min(probability_min), max(probability_max), sum(probability_sum)
FROM judged_by_hour GROUP BY 1;

CREATE VIEW v_readings AS
    SELECT l.name AS locomotive,
           strftime('%Y-%m-%dT%H:%M:%fZ', (s.reading & 17592186044415) / 1000.0, 'unixepoch') AS time_utc,
           iif(typeof(s.flow_rate) = 'integer', s.flow_rate / 1000.0, s.flow_rate) AS flow_rate_l_min,
           iif(typeof(s.pressure) = 'integer', s.pressure / 1000.0, s.pressure) AS pressure_bar,
           iif(typeof(s.vibration) = 'integer', s.vibration / 1000.0, s.vibration) AS vibration_mm_s,
           iif(typeof(s.temperature) = 'integer', s.temperature / 1000.0, s.temperature) AS temperature_c,
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
           iif(typeof(s.flow_rate) = 'integer', s.flow_rate / 1000.0, s.flow_rate) AS flow_rate_l_min,
           iif(typeof(s.pressure) = 'integer', s.pressure / 1000.0, s.pressure) AS pressure_bar,
           iif(typeof(s.vibration) = 'integer', s.vibration / 1000.0, s.vibration) AS vibration_mm_s,
           iif(typeof(s.temperature) = 'integer', s.temperature / 1000.0, s.temperature) AS temperature_c,
           (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM ai_telemetry_predictions p
    JOIN locomotives l ON l.loco = p.reading >> 44
    LEFT JOIN sensor_metrics s ON s.reading = p.reading;

-- `WHERE length = 'hour'` reads that table alone.
CREATE VIEW v_roll_ups AS
    SELECT l.name AS locomotive, length,
           strftime('%Y-%m-%dT%H:%M:%SZ', (bucket & 17592186044415) / 1000.0, 'unixepoch') AS start_utc,
           readings,
           iif(typeof(flow_rate_min) = 'integer', flow_rate_min / 1000.0, flow_rate_min) AS flow_rate_min_l_min,
           iif(typeof(flow_rate_max) = 'integer', flow_rate_max / 1000.0, flow_rate_max) AS flow_rate_max_l_min,
           iif(typeof(flow_rate_sum) = 'integer', flow_rate_sum / 1000.0, flow_rate_sum) / readings AS flow_rate_mean_l_min,
           iif(typeof(pressure_min) = 'integer', pressure_min / 1000.0, pressure_min) AS pressure_min_bar,
           iif(typeof(pressure_max) = 'integer', pressure_max / 1000.0, pressure_max) AS pressure_max_bar,
           iif(typeof(pressure_sum) = 'integer', pressure_sum / 1000.0, pressure_sum) / readings AS pressure_mean_bar,
           iif(typeof(vibration_min) = 'integer', vibration_min / 1000.0, vibration_min) AS vibration_min_mm_s,
           iif(typeof(vibration_max) = 'integer', vibration_max / 1000.0, vibration_max) AS vibration_max_mm_s,
           iif(typeof(vibration_sum) = 'integer', vibration_sum / 1000.0, vibration_sum) / readings AS vibration_mean_mm_s,
           iif(typeof(temperature_min) = 'integer', temperature_min / 1000.0, temperature_min) AS temperature_min_c,
           iif(typeof(temperature_max) = 'integer', temperature_max / 1000.0, temperature_max) AS temperature_max_c,
           iif(typeof(temperature_sum) = 'integer', temperature_sum / 1000.0, temperature_sum) / readings AS temperature_mean_c,
           (SELECT synthetic FROM v_synthetic) AS synthetic
    FROM (SELECT 'minute' AS length, * FROM readings_by_minute
          UNION ALL SELECT 'hour', * FROM readings_by_hour
          UNION ALL SELECT 'day', * FROM readings_by_day)
    JOIN locomotives l ON l.loco = bucket >> 44;

-- Flagged readings are few, and the quality lane of a wide window must find them without reading all.
CREATE INDEX flagged_readings ON sensor_metrics (reading) WHERE flags <> 0;
