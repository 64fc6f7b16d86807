# Log
log-loading = Reading the log…
log-level-error = error
log-level-warn = warning
log-level-info = information
log-level-debug = detail
log-figure-errors = errors
log-figure-warnings = warnings
log-figure-lines = lines
log-chip = { $level } · { $n }
log-search = Search the log
log-search-hint = Search…
log-follow = Follow
log-pause = Pause
log-open = Open the folder
log-copy = Copy the line
log-list = Lines of the log
log-none = Nothing was noted yet.
log-no-match = No line answers this filter.
log-clear = Show everything
log-unreadable = What earlier runs noted cannot be read.
log-paused = Paused: { $n ->
    [one] one new line waits
   *[other] { $n } new lines wait
  }
log-shown = { $shown } of { $all } lines
log-choose = Choose a line to read it whole.
log-line = { $time }, { $level }: { $message }
