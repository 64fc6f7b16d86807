# Messages to the people on call
notice-subject-run_failed = Run failed
notice-subject-run_late = Night run late
notice-subject-live = Nothing comes in live any more
notice-subject-warehouse = Data warehouse unusable
notice-subject-backup_failed = Backup failed
notice-subject-damaged = Altered data in the warehouse
notice-subject-drill_failed = Drill failed
notice-subject-test = Test message
notice-what-run_failed = A run failed safe: nothing of it was half loaded, and no NOMINAL verdict rests on it.
notice-what-run_late = The run that was due has not come to a sound end yet. Verdicts rest on older and older data.
notice-what-live = For more than a minute, following the sources could not take anything into the warehouse. Verdicts grow old.
notice-what-warehouse = The program can neither read nor write its database. Verdicts are not renewed any more.
notice-what-backup_failed = The last backup was not made, or did not pass its proof. The proven backups from before stay where they are.
notice-what-damaged = Rows of the warehouse are no longer those that the ledger sealed. Do not rely on verdicts before you have checked.
notice-what-drill_failed = A continuity drill did not give the proof that was expected. The data in service were not touched.
notice-what-test = This is a test: nothing happened. If you read this, messages to the people on call arrive.
notice-first-run_failed = Open the Pipeline page (or run “cidp sources check”): the cause names the source or the file. Put it right, then run again.
notice-first-run_late = See that the computer is on and that the window or the night task is running, then start the run.
notice-first-live = Check the room on the disk and the access to the sources, then look at the Pipeline page.
notice-first-warehouse = Delete nothing. Check the room on the disk and the access to the folder, then open the Continuity page (or run “cidp cold-restart”).
notice-first-backup_failed = Check the room on the destinations and the access to them, then run “cidp backup”.
notice-first-damaged = Change nothing. Run “cidp verify”: rows and run are named. Restore the last proven backup if need be.
notice-first-drill_failed = Read the report of the drill on the Continuity page, and tell the technical lead.
notice-first-test = Nothing.
notice-over-subject = Over: { $subject }
notice-over-what = It is over: what was told of before is well again.
notice-cause = Cause (the program’s words): { $cause }
notice-when = When: { $at }
notice-home = Computer: { $computer } · { $home }
notice-first = What to do first: { $first }
notice-on-call = On call:
notice-on-call-nobody = On call: nobody is listed.
notify-nobody = Nobody to tell: it takes [mail] and a contact with an e-mail address, or [hook], in cidp.toml.
notify-empty = No message to the people on call.
notify-waiting =
    { $messages ->
        [one] 1 message to the people on call waits; the window, cidp watch or the next command sends it again.
       *[other] { $messages } messages to the people on call wait; the window, cidp watch or the next command sends them again.
    }
notify-waiting-why = Last try: { $why }
notify-column-at = When
notify-column-about = About
notify-column-to = To
notify-column-state = State
notify-column-tries = Tries
notify-state-sent = sent
notify-state-waiting = waiting
notify-state-given_up = given up
notify-test-sent = Sent to { $to }
notify-test-failed = Not sent to { $to }: { $why }
notify-way-mail = e-mail
notify-way-hook = hook
