# Locomotive

happening-note = note by { $who }: { $words }

loco-export = Export
loco-annotate = Annotate
loco-as-table = Table
loco-caption = { $loco } · { $from } – { $to } · { $zone } time
loco-coming = loading the window…
loco-hint = Wheel: zoom · drag: move · click: pin · double click or L: live
loco-keys =
    ← →: from reading to reading · Shift + ← →: a minute · Ctrl + ← →: an hour
    + − or ↑ ↓: zoom · Page Up/Down: move · Shift + drag or right button: zoom into a box
    L or Home: back to live · P: follow or freeze · N: annotate · T: table · Esc: clear
loco-window-empty = No reading in this window
loco-enlarge = { $channel }: enlarge
loco-fold = { $channel }: back to the five curves
loco-chart = { $channel }, { $unit }, { $window }: min { $low }, max { $high }, last { $last }
loco-chart-empty = { $channel }, { $window }: no reading
loco-more = … and { $n } more
loco-table = Table of readings
legend-zones = indicative zones A–D: ISO 10816-1, class { $class }
legend-zones-why = Vibration severity after ISO 10816-1. Indicative: a moving bogie is outside the scope of that standard. The class is chosen in the settings.

column-time = Time
column-probability = Probability
column-model = Model
column-remarks = Remarks
sample-of = the last of { $n } readings
sample-mean = mean of { $n } readings
sample-judged = from { $low } to { $high } · at worst: { $worst }

note-where = Click a curve to choose another moment.
note-hint = What you saw, heard, did
note-words = Text of the note
note-keep = Keep the note
note-cancel = Cancel
note-by = note by { $who }
note-being-kept = being written…
note-withdraw = Withdraw the note
note-withdraw-why = Withdraw this note? It stays in the journal, with your name.
note-withdraw-yes = Withdraw

export-csv = Readings and verdicts (CSV)…
export-png = Picture of the page (PNG)…
export-copy-table = Copy the values
export-no-picture = The picture could not be taken.
export-copy-picture = Copy the picture

replay-day-before = A day earlier
replay-day-after = A day later
replay-day = Choose a day
calendar-before = Previous month
calendar-after = Next month
weekday-1 = Mo
weekday-2 = Tu
weekday-3 = We
weekday-4 = Th
weekday-5 = Fr
weekday-6 = Sa
weekday-7 = Su
