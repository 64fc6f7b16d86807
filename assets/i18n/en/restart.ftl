# Cold restart, locked warehouse, roles

waits-for = warehouse locked, waiting for process { $process } ({ $program })
waits-for-unknown = warehouse locked by another program, waiting
read-only-badge = READ ONLY — crisis cell
read-only-why = Your account looks: running, acknowledging, setting or restoring is for operators. The role comes from the configuration ([access]).
read-only-refused = Refused: your account is read-only (crisis cell).
cold-asks = End { $holder }? It keeps others from writing to the warehouse. [y/N]
cold-done = Cold restart ended
cold-failed = Cold restart broke off
cold-report = Report: { $path }
step-jobs = Our own jobs stopped
step-holders = Holders of the warehouse
step-checkpoint = Log folded into the file
step-safe_copy = Safe copy
step-integrity = Integrity check
step-reopen = Reopened
step-run = Pipeline run
step-compare = Before and after
step-report = Report
