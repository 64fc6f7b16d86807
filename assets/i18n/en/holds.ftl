# Held batches
hold-title = Held batches
hold-why = These readings look like falsified data or a replaced sensor. They are kept and judged: a danger in them is still told. Nothing learns from them and nothing in them is called nominal until somebody releases them.
hold-reason-jump = sudden jump
hold-reason-at_limits = values at the limits
hold-reason-replayed = replayed readings
hold-reason-labels_flipped = labels turned round
hold-found-jump = { $channel }: median { $median } against { $own } as usual, { $mads } median deviations away (held from { $limit })
hold-found-at-limits = { $channel }: { $share } of the readings are at the physical limit, { $own } as usual
hold-found-replayed = About { $rows } readings are identical to those of { $loco } at { $when }
hold-found-labels-turned = Labels contradict the deviations: agreement { $auc } against { $own } as usual (AUC)
hold-found-labels-many = { $share } of the labels tell of an anomaly, { $own } as usual, while the readings do not deviate
hold-line = { $loco } · { $reason }
hold-range = { $rows } readings · { $from } → { $to } · run { $run }
hold-number = no. { $hold }
hold-release = Release…
hold-release-this = Release batch { $hold } of { $loco }
hold-release-now = Release this batch
hold-release-what = Training may use these { $rows } readings, and NOMINAL may be said of them again. The ledger and the journal keep who did it and why. This cannot be undone.
hold-release-reason = Reason (required)
hold-release-cancel = Do not release
hold-releasing = Releasing…
hold-alarm = Held batch
hold-alarm-why = { $reason }, { $rows } readings to be checked
hold-none = No batch is held.
hold-none-ever = No batch was ever held.
hold-released = Batch { $hold } of { $loco } released by { $who }. The next training will use its { $rows } readings.
hold-released-before = Batch { $hold } was released before by { $who } ({ $words }).
hold-unknown = There is no batch { $hold }.
hold-state-open = held
hold-state-released = released by { $who }: { $words }
hold-run =
    { $count ->
        [one] 1 batch held: not learned from, not called nominal
       *[other] { $count } batches held: not learned from, not called nominal
    }
hold-column-number = No.
hold-column-loco = Locomotive
hold-column-reason = Reason
hold-column-rows = Readings
hold-column-from = From
hold-column-to = To
hold-column-run = Run
hold-column-state = State
alarm-kind-held = Held batch
legend-held = held batch
cause-held = held batch · { $reason }
cause-long-held = The newest reading belongs to a held batch ({ $reason }). The model sees no danger in it, but readings that may be falsified cannot be called nominal.
cause-todo-held = Pipeline page, Quarantine tab: check the batch, then release it with a reason.
