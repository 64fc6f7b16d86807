# Fleet
fleet-kiosk = Wall screen (F11)
fleet-kiosk-short = Wall screen
fleet-search = Find a locomotive
fleet-shown = { $shown } of { $all } shown
fleet-split = { $danger } in danger · { $off } unavailable · { $wearing } wearing · { $nominal } nominal
fleet-danger-hidden = { $n ->
    [one] 1 in danger hidden by the filter
   *[other] { $n } in danger hidden by the filter
}
fleet-show-all = Show all
fleet-none-shown = No locomotive matches
fleet-sort = Sort: { $column }
fleet-sort-rising = Sorted: { $column }, rising
fleet-sort-falling = Sorted: { $column }, falling
fleet-filter-danger = Danger
fleet-filter-unavailable = Unavailable
fleet-filter-wearing = Wearing
fleet-filter-nominal = Nominal
fleet-filter-out = Out of limits
fleet-filter-stale = Stale
fleet-filter-why-danger = Failure imminent: the verdict is DANGER
fleet-filter-why-unavailable = No verdict is given, for a cause that is told
fleet-filter-why-wearing = Nominal, but near the threshold, rising, or outside its normal
fleet-filter-why-nominal = Nominal, with nothing that leads away from it
fleet-filter-why-out = At least one quantity is outside the locomotive’s normal
fleet-filter-why-stale = The last reading is too old
wear-short = wearing
wear-near = Probability at half the threshold or above
wear-rising = Probability risen over 24 h
wear-outside = Outside its normal: { $channels }
kiosk-leave = Leave the wall screen (Esc)
kiosk-ended = The service has ended: what this screen shows is no longer kept up to date.
kiosk-silent = The service has said nothing for { $age }: what this screen shows is no longer certain.
kiosk-none-judged = No locomotive can be judged.
kiosk-more = { $danger ->
    [0] … and { $n } more
   *[other] … and { $n } more, { $danger } of them in danger
}
kiosk-alarms = { $n ->
    [one] 1 alarm not acknowledged
   *[other] { $n } alarms not acknowledged
}
