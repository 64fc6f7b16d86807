# Ledger and verification
ledger-none = There is no database: start a run first.
ledger-sound = The database is what the ledger vouches for: { $rows } rows and { $entries } entries verified in { $secs } s. Head: { $head }
ledger-unsound = The database is NOT what the ledger vouches for. Findings: { $findings }. Rows read: { $rows }, in { $secs } s. Head: { $head } ({ $entries } entries)
ledger-column-table = in table
ledger-column-what = finding
ledger-column-runs = runs
ledger-column-locomotive = which locomotive
ledger-column-range = range
ledger-changed = rows changed
ledger-too-many = rows too many: { $rows }
ledger-missing = rows missing: { $rows }
step-structure = Structure of the file
step-ledger = Chain and rows
step-heads = Second place of the heads
step-note-result = Result noted
