# Alarms
alarm-danger = DANGER DETECTED: { $probability }
alarm-threshold = threshold { $threshold }
alarm-above-own = above its own normal band ({ $limit })
alarm-below-own = below its own normal band ({ $limit })
alarm-above = above the limit ({ $limit })
alarm-below = below the limit ({ $limit })
alarm-no-verdict = Verdict unavailable
alarm-source =
    { $locomotives ->
        [0] Source { $source }
        [one] Source { $source } · 1 loco.
       *[other] Source { $source } · { $locomotives } locos
    }
alarm-fleet = The whole fleet
alarm-state-unacknowledged = Unacknowledged
alarm-state-returned_unacknowledged = Returned, unacknowledged
alarm-state-acknowledged = Acknowledged
alarm-state-shelved = Shelved
alarm-state-out_of_service = Out of service
alarm-state-closed = Over
alarm-priority-high = High
alarm-priority-medium = Medium
alarm-priority-low = Low
alarm-priority-of = Priority: { $priority }
alarm-kind-danger = Danger
alarm-kind-limit = Out of limits
alarm-kind-no_verdict = No verdict
alarm-kind-source = Source
alarm-kind-fleet = Fleet
alarm-of-the-present = Present, not the replay
alarm-notice-one = ALARM · { $priority }
alarm-notice-many = { $count } ALARMS
alarm-others =
    { $count ->
        [one] and 1 other
       *[other] and { $count } others
    }
happening-alarm = alarm: { $what }
happening-alarm-calls = unacknowledged alarm: { $what }

alarm-rail =
    { $count ->
        [one] { $page }, 1 unacknowledged
       *[other] { $page }, { $count } unacknowledged
    }
alarm-see = Show
alarm-acknowledge = Acknowledge
alarm-acknowledge-this = Acknowledge: { $alarm }
alarm-acknowledge-all = Acknowledge all ({ $count })…
alarm-acknowledge-ticked = Acknowledge selected ({ $count })…
alarm-tick = Select: { $alarm }
alarm-shelve = Shelve…
alarm-unshelve = Unshelve
alarm-take-out = Out of service…
alarm-back = Back in service
alarm-open = Curves
alarm-comment = Comment (optional)
alarm-reason = Reason (required)
alarm-cancel = Cancel

alarm-figure-unacknowledged = unacknowledged
alarm-figure-active = active
alarm-figure-aside = shelved, out of service
alarm-figure-rate = in 10 min
alarm-figure-flood = in 10 min: FLOOD
alarm-rate-why = Guidance of ISA-18.2: about { $guidance } alarm in ten minutes can be managed; more than { $flood } in ten minutes is a flood.

alarm-tab-current = Open ({ $count })
alarm-tab-history = History
alarm-mute = Silence for 10 min
alarm-mute-why = Silencing is not acknowledging: the alarms stay. A new alarm of high priority is heard all the same.
alarm-unmute = Silent until { $time }: sound again
alarm-sound-off = Sound is off in the settings
alarm-sound-none = No sound on this machine
alarm-sound-failing = The sound cannot be played
alarm-sound-why = Alarms stay in sight on every page and are notified by the desktop. The log says why there is no sound.
alarm-fault = The alarms cannot be read back from the warehouse: no new alarm is raised.

alarm-table-name = Alarms
alarm-column-priority = Priority
alarm-column-subject = Locomotive
alarm-column-what = Alarm
alarm-column-state = State
alarm-column-since = Since
alarm-column-raised = Raised
alarm-column-by = By
alarm-empty = No alarm
alarm-empty-why = Nothing waits to be acknowledged.
alarm-empty-fault = While the warehouse cannot be read no alarm is raised: this silence says nothing of the locomotives.
alarm-empty-unknown = No reading yet
alarm-empty-unknown-why = Without readings nothing is watched: run the pipeline or open your files.
alarm-none-selected = Choose an alarm to read its values, its model and who did what.

alarm-value-now = Now: { $value }
alarm-inputs = Reading that raised it
alarm-reading = Reading
alarm-probability = Probability
alarm-probability-of = { $probability } · threshold { $threshold }
alarm-model = Model
alarm-acts = What was done
alarm-raised = Raised
alarm-returned = Back to normal
alarm-acknowledged = Acknowledged
alarm-shelved = Shelved
alarm-out = Out of service
alarm-until = Until

alarm-dialog-many =
    { $count ->
        [one] Acknowledge 1 alarm
       *[other] Acknowledge { $count } alarms
    }
alarm-dialog-many-why = Your name, the time and this comment are kept with each. Those whose cause is over are closed; the others stay open.
alarm-dialog-shelve = Shelve
alarm-dialog-shelve-title = Shelve the alarm
alarm-dialog-shelve-why = It makes no sound and is not counted until its end; if its cause lasts then, it calls again.
alarm-dialog-duration = For how long (required)
alarm-dialog-take-out = Take out of service
alarm-dialog-out-title = Take the alarm out of service
alarm-dialog-out-why = It will not call any more until somebody puts it back in service.
alarm-dialog-until = Until { $time }
alarm-dialog-needs-both = A reason and a duration are needed.
alarm-dialog-needs-reason = A reason is needed.

alarm-period = Period
alarm-period-days =
    { $days ->
        [1] 24 h
       *[other] { $days } d
    }
alarm-period-all = All
alarm-kind = Kind
alarm-kind-all = All kinds
alarm-state = State
alarm-state-all = All states
alarm-search = Locomotive or source
alarm-export = Export the filtered history: { $format }
alarm-file = alarms
alarm-history-reading = Reading the history…
alarm-history-none = No alarm matches this filter.
alarm-history-more = The newest { $count }; the export holds them all.

alarm-rates-title = Alarms per ten minutes
alarm-rates-unknown = not known
alarm-rates =
    { $floods ->
        [0] { $total } in 24 h, no flood · guidance: 1 can be managed, more than 10 is a flood
        [one] { $total } in 24 h, 1 flood · guidance: 1 can be managed, more than 10 is a flood
       *[other] { $total } in 24 h, { $floods } floods · guidance: 1 can be managed, more than 10 is a flood
    }
alarm-rate-at = { $time }: { $count }

cli-alarms-none = No alarm is open.
cli-alarms-none-ever = No alarm.
cli-alarm-number = No.
