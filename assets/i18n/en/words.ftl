# The words of the trade: verdicts, quantities, causes, events, stages.
verdict-nominal = NOMINAL OPERATION
verdict-danger = DANGER DETECTED
verdict-unavailable = VERDICT UNAVAILABLE
verdict-short-nominal = Nominal
verdict-short-danger = DANGER
verdict-short-unavailable = Unavailable

channel-flow_rate = Oil flow
channel-pressure = Pressure
channel-vibration = Vibration
channel-temperature = Temperature
channel-short-flow_rate = Flow
channel-short-pressure = Pressure
channel-short-vibration = Vibration
channel-short-temperature = Temp.
# "Vibration alone": the quantity changed, the others left as they are.
channel-alone-flow_rate = Flow alone
channel-alone-pressure = Pressure alone
channel-alone-vibration = Vibration alone
channel-alone-temperature = Temperature alone

cause-never_run = never processed
cause-run_failed = last run failed
cause-no_model = no model
cause-model_unreadable = model unreadable
cause-stale = stale · { $age }
cause-source_refused = source refused
cause-flagged = { $channel }: { $flag }
cause-newest_refused = readings quarantined
cause-not_scored = reading not judged
cause-drifted = drift · { $channel }
cause-slow = judging too slow
cause-damaged = database altered
cause-long-never_run = No run has succeeded yet.
cause-long-run_failed = The last run failed safe. Nothing was learned or judged; earlier verdicts are kept.
cause-long-no_model = No model in service: training gave none that is sound enough.
cause-long-no_model-yet = No model has been trained yet.
cause-long-learning = The model is being trained.
cause-long-scoring = The last reading is being judged.
cause-detail = Technical detail: { $reason }.
cause-long-model_unreadable = The stored model cannot be read back.
cause-long-stale = The last reading is { $age } old; the limit is { $limit }.
cause-long-source_refused = The source “{ $source }” was refused by the last run.
cause-long-flagged = { $channel }: { $flag }. The model sees no danger in it, but a strange reading cannot be called nominal.
cause-long-newest_refused = The most recent rows of this locomotive are in quarantine: what it does now is not known.
cause-long-not_scored = The last reading has not been judged yet.
cause-long-drifted = The breaker has tripped: “{ $channel }” is no longer what the model learned from. Nothing is called nominal any more; dangers are still told.
cause-long-slow = The breaker has tripped: judging a reading took { $took } ms, the limit is { $limit } ms. Nothing is called nominal any more; dangers are still told.
cause-long-damaged = The database is damaged, or was changed outside the program. Nothing is called nominal any more; dangers are still told, and nothing is learned from this data.
cause-todo-never_run = Run the pipeline, or open your CSV files.
cause-todo-run_failed = Correct the source, then run the pipeline again.
cause-todo-no_model = Add readings and known failures, then run the pipeline again.
cause-todo-no_model-yet = Run the pipeline, unless a run is under way already.
cause-todo-learning = Verdicts appear when the run ends; there is nothing to do.
cause-todo-model_unreadable = Run the pipeline again: a new model will be trained.
cause-todo-stale = Check that the source still sends, then run the pipeline again.
cause-todo-source_refused = Correct the source, then run the pipeline again.
cause-todo-flagged = Check the sensor.
cause-todo-newest_refused = Read the quarantine: a faulty sensor, or a quantity truly out of limits.
cause-todo-not_scored = Run the pipeline again.
cause-todo-drifted = Open the Model page: it says whether this looks like drift or like a failure. Check sensors and units, then re-arm.
cause-todo-slow = Relieve this computer (other programs, disk), then re-arm on the Model page.
cause-todo-damaged = On the Continuity page, verify the ledger, then restore the last proven backup.

flag-rate = impossible change
flag-stuck = frozen value
flag-drift = slow drift

event-preventive = maintenance
event-failure = failure
event-with-component = { $event } · { $component }
# The components that the demo names; any other name is written as it comes.
component-bearing = bearing
component-cooling = cooling
component-hydraulic = hydraulic circuit
component-inspection = inspection
component-pump = pump
happening-verdict = { $from } → { $to }
happening-model = model v{ $version } in service
happening-quarantined =
    { $rows ->
        [one] 1 row quarantined
       *[other] { $rows } rows quarantined
    }

stage-extract = extraction
stage-validate = validation
stage-load = loading
stage-train = training
stage-score = scores
horizon = within { $hours } h
