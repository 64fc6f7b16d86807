# Continuity page
cont-exposed = exposed to loss
cont-exposed-all = everything
cont-exposed-none = No backup is proven: if the database is lost now, everything in it is lost.
cont-exposed-rows = Readings that came since the last proven backup: { $rows }.
cont-recovery = measured recovery
cont-copies-met = rule met
cont-copies-unmet = rule not met
cont-copies-why = Copies: { $copies } of 3. Different storages: { $storages } of 2. Elsewhere: { $offsite } of 1.
cont-read-only = This account looks and does not act (crisis cell): the buttons are off.
cont-open = Open Continuity
cont-busy = A continuity job is under way.
cont-seconds = { $secs } s
cont-minutes = { $minutes } min { $secs } s
cont-megabytes = { $n } MB
cont-damaged-backup = The database cannot be read. You can go back to the proven backup of { $when }.
cont-damaged-backup-todo = The damaged database is moved aside, never overwritten.
cont-damaged-sources = The database cannot be read, and no backup is proven.
cont-damaged-sources-todo = A cold restart moves it aside and builds everything again from the source files.

cont-threats = Threats
cont-threat = Threat
cont-likelihood = Likely
cont-severity = Severity
cont-state = State
cont-last-drill = Last drill
cont-critical = Critical
cont-major = Major
cont-very-low = very low
cont-exercise = Drill
cont-exercise-of = Drill: { $threat }
cont-threat-sensors = Sensor API unreachable
cont-threat-memory = Memory exhausted while assembling
cont-threat-locked = SQLite database locked
cont-threat-drift = Data drift
cont-threat-poisoning = Data poisoning
cont-threat-corrupt = Corrupted file
cont-threat-freight = Freight API offline
cont-threat-zombie = Deadlock, zombie job
cont-threat-interrupted = Sudden stop, disk full
cont-threat-damaged = Damaged database
cont-does-sensors = Waits at most 15 s, names the error, keeps the last good data marked stale; the model does not judge on it.
cont-does-memory = Reads in batches of bounded size, whatever the size of the files.
cont-does-locked = Waits within a bound, names the holder, rolls back and tries again; nothing half-written.
cont-does-drift = Measures drift on each run; past the limit NOMINAL becomes UNAVAILABLE, DANGER stays.
cont-does-poisoning = Gates at the entry, suspicious batches held, and a chain that shows every row changed later.
cont-does-corrupt = Strict reading: a bad row goes to quarantine, a bad file is refused whole, the rest goes on.
cont-does-freight = Falls back to files. No freight source is configured: there is nothing to drill.
cont-does-zombie = One run at a time; the lock of a dead program is recognised and cleared.
cont-does-interrupted = A load is one transaction: cut short, it leaves nothing.
cont-does-damaged = A damaged database is never overwritten: it is moved aside, then the last proven backup comes back.
cont-drill-source_unreachable = Source unreachable
cont-drill-truncated_file = Truncated CSV
cont-drill-changed_columns = Changed columns
cont-drill-nan_flood = Flood of empty values
cont-drill-locked_database = Locked database
cont-drill-disk_full = Disk full
cont-drill-out_of_memory = Out of memory
cont-drill-killed_during_load = Killed during a load
cont-drill-killed_during_backup = Killed during a backup
cont-drill-poisoned_rows = Poisoned rows
cont-drill-drifted_data = Drifted data
cont-drill-damaged_database = Damaged database file
cont-drill-dead_lock_holder = Dead lock holder
cont-drill-never = never
cont-drill-part = incomplete · due again
cont-drill-failed = { $when } · failed
cont-drill-old = { $when } · due again
cont-drill-passed = { $when } · passed
cont-passed = passed
cont-failed = failed
cont-looking = looking…
cont-not-configured = not configured
cont-never-run = never run
cont-unreachable = { $source } does not answer
cont-followed = watched, { $age }
cont-read-at = read · { $when }
cont-memory = { $n } MiB, bound { $bound }
cont-memory-untold = the system does not tell
cont-free = no holder
cont-held = { $program }, process { $process }
cont-holder-untold = the system does not name holders
cont-drift-stable = PSI { $channel } { $psi }
cont-drift-watch = PSI { $channel } { $psi }, to watch
cont-drift-act = PSI { $channel } { $psi }, past limit
cont-drift-unjudged = not judged
cont-chain-sound = chain intact · { $when }
cont-chain-broken = { $n ->
    [one] { $n } tampering found
   *[other] { $n } tamperings found
}
cont-batches-held = { $n ->
    [one] { $n } batch held
   *[other] { $n } batches held
}
cont-chain-never = chain never verified
cont-quarantined = { $n ->
    [0] no row in quarantine
    [one] { $rows } row in quarantine
   *[other] { $rows } rows in quarantine
}
cont-files-refused = { $n ->
    [one] { $n } source refused
   *[other] { $n } sources refused
}
cont-run-sound = sound run · { $when }
cont-run-failed = failed run · { $when }
cont-readable = readable
cont-unreadable = cannot be read

cont-backups = Backups
cont-date = Made
cont-origin = Origin
cont-size = Size
cont-proof = Proof
cont-places = Places
cont-copies = { $n ->
    [one] { $n } copy
   *[other] { $n } copies
}
cont-backups-none = No backup
cont-backups-none-todo = “Back up now” makes one and proves it: it is restored aside and checked.
cont-backups-more = { $n ->
    [one] and { $n } older
   *[other] and { $n } older ones
}
cont-origin-manual = by hand
cont-origin-run = before a run
cont-origin-restart = before a restart
cont-origin-restore = before a restore
cont-origin-migration = before an upgrade
cont-proof-proven = Proven
cont-proof-none = To be proven
cont-proof-none-why = It has not been restored aside and checked yet.
cont-proof-failed = Proof failed
cont-proof-wrong = Unusable
cont-proof-how = Proven by { $who } · { $when } · recovery in { $secs }
cont-restore = Restore…
cont-restore-of = Restore the backup of { $when }
cont-restore-wrong = This backup cannot be used.

cont-act = Act
cont-act-backup = Back up now
cont-act-prove = Prove the latest
cont-act-restore = Restore…
cont-act-verify = Verify the chain
cont-act-drills = Drills
cont-act-restart = Cold restart…
cont-on-call = On call
cont-on-call-none = Nobody is listed. Add the contacts in Settings.
cont-no-number = number to be filled in under Settings
cont-chain = Integrity chain
cont-chain-head = Head of the chain, to be noted elsewhere
cont-chain-copy = Copy the head
cont-chain-none = No chain yet: there was no run.
cont-chain-never-long = Never verified.
cont-verified = Verified · { $when } · { $rows } rows, { $entries } entries, { $secs }
cont-found-nothing = No tampering: every row is the one that the chain recorded.
cont-found = { $n ->
    [one] { $n } tampering found
   *[other] { $n } tamperings found
}
cont-found-where = The details are under “Integrity chain”.
cont-found-more = { $n ->
    [one] and { $n } more
   *[other] and { $n } others
}
cont-found-todo = Do not trust these rows. Call the people on call, then restore the last proven backup.
cont-finding-changed = { $table }: rows changed
cont-finding-added = { $table }: { $rows } too many
cont-finding-missing = { $table }: { $rows } missing
cont-finding-runs = run { $runs }
cont-finding-range = rows { $first } to { $last }

cont-job-backup = Backup
cont-job-prove = Proof
cont-job-restore = Restore
cont-job-verify = Verification
cont-job-drills = Drills
cont-job-restart = Cold restart
cont-now = { $job } under way
cont-ended = { $job }: account
cont-waits = The run under way is stopped first.
cont-running = under way
cont-stopping = Asked to stop: the step under way ends first.
cont-cancel = Cancel
cont-cancel-why = Stops between two steps; nothing is left half-done.
cont-backed-up = Backup made: { $size }, { $n ->
    [one] { $n } copy
   *[other] { $n } copies
}.
cont-backed-up-unproven = It could not be proven.
cont-proven = Proven: restored aside and checked, recovery in { $secs }.
cont-unproven = Proof failed: this backup does not count.
cont-unproven-todo = Make another backup; if that fails too, call the people on call.
cont-restored = Database restored in { $secs }.
cont-restored-aside = The former database is kept here: { $path }
cont-restored-todo = Start a run to read again what came since.
cont-drilled = Drills passed: { $passed } of { $all }.
cont-restarted = Restart complete: the database is sound.
cont-not-restarted = The restart stopped.
cont-before-after = Readings: { $before } before, { $after } after. Model: { $modelbefore } before, { $modelafter } after.
cont-reports = Open the reports
cont-cancelled = Cancelled before the step “{ $step }”.
cont-stopped = Stopped at the step “{ $step }”.
cont-left-backup = The database and the earlier backups are untouched. Remove the cause, then try again.
cont-left-prove = The database was not touched. The backup is still to be proven.
cont-left-restore = The former database is in its place. Nothing has changed.
cont-left-verify = The database was not touched. The chain is still to be verified.
cont-left-drills = Drills are done on a copy: the database was not touched.
cont-left-restart = The steps that were done are listed above; nothing after them was begun. Remove the cause, then try again, or call the people on call.

cont-ask-restore = Restore this backup?
cont-ask-looking = Looking at what would change…
cont-ask-unusable = This backup cannot be used.
cont-ask-run = A run is under way: wait for its end or cancel it.
cont-ask-from = The database becomes that of { $when } again.
cont-ask-unproven = This backup is not proven.
cont-ask-damaged = The present database is damaged or does not open.
cont-ask-rows-unknown = How many readings would be lost cannot be said: the present database cannot be read.
cont-ask-rows = Readings that came since and leave the database: { $rows }.
cont-ask-rows-none = No reading would be lost.
cont-ask-models = Models trained since, which leave the database: { $models }.
cont-ask-model = Model in force then: v{ $version }.
cont-ask-no-model = No model in force then: no verdict until there is a run.
cont-ask-aside = The present database is not deleted: it is kept in { $path }.
cont-ask-held = Another program has the database open. Close it first:
cont-ask-restore-do = Restore
cont-ask-leave = Do nothing
cont-ask-restart = Cold restart?
cont-ask-restart-1 = 1. Our jobs are stopped; a lock left by a dead program is cleared.
cont-ask-restart-2 = 2. The database is backed up (SAFE copy), then checked.
cont-ask-restart-3 = 3. It is opened again, and the whole pipeline is run.
cont-ask-restart-4 = 4. Before and after are compared in a report. If a step fails, everything stops there.
cont-ask-end = End { $holder }
cont-ask-end-why = This program is alive and holds the database. Tick each one to allow ending it: its unsaved work is lost.
cont-ask-restart-do = Restart cold

cont-done-backup = Backup made and proven
cont-done-prove = Backup proven
cont-done-restore = Database restored
cont-done-verify = Chain intact
cont-done-drills = Drills passed
cont-done-restart = Cold restart done
cont-not-done-backup = Backup not proven or failed
cont-not-done-prove = Proof failed
cont-not-done-restore = Restore failed
cont-not-done-verify = Chain tampered with or not verified
cont-not-done-drills = Drills not passed
cont-not-done-restart = Cold restart stopped
