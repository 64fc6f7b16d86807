# Messages à l’astreinte
notice-subject-run_failed = Traitement en échec
notice-subject-run_late = Traitement de nuit en retard
notice-subject-live = Rien n’entre plus en direct
notice-subject-warehouse = Entrepôt de données inutilisable
notice-subject-backup_failed = Sauvegarde en échec
notice-subject-damaged = Données altérées dans l’entrepôt
notice-subject-drill_failed = Exercice en échec
notice-subject-test = Message d’essai
notice-what-run_failed = Un traitement a échoué en sécurité : rien de lui n’a été chargé à moitié, et aucun verdict NOMINAL ne s’appuie sur lui.
notice-what-run_late = Le traitement prévu à l’heure dite n’a pas encore abouti. Les verdicts reposent sur des données de plus en plus anciennes.
notice-what-live = Le suivi des sources n’arrive plus à rien faire entrer dans l’entrepôt depuis plus d’une minute. Les verdicts vieillissent.
notice-what-warehouse = Le programme ne peut ni lire ni écrire sa base de données. Plus aucun verdict n’est mis à jour.
notice-what-backup_failed = La dernière sauvegarde n’a pas été faite, ou n’a pas passé sa preuve. Les sauvegardes prouvées d’avant restent en place.
notice-what-damaged = Des lignes de l’entrepôt ne sont plus celles que le registre a scellées. Ne vous fiez pas aux verdicts avant d’avoir vérifié.
notice-what-drill_failed = Un exercice de continuité n’a pas donné la preuve attendue. Les données en service n’ont pas été touchées.
notice-what-test = Ceci est un essai : rien ne s’est passé. Si vous le lisez, les messages à l’astreinte arrivent.
notice-first-run_failed = Ouvrez la page Pipeline (ou lancez « cidp sources check ») : la cause nomme la source ou le fichier. Corrigez, puis relancez le traitement.
notice-first-run_late = Vérifiez que le poste est allumé et que la fenêtre ou la tâche de nuit tourne, puis lancez le traitement.
notice-first-live = Vérifiez la place sur le disque et l’accès aux sources, puis regardez la page Pipeline.
notice-first-warehouse = N’effacez rien. Vérifiez la place sur le disque et l’accès au dossier, puis ouvrez la page Continuité (ou lancez « cidp cold-restart »).
notice-first-backup_failed = Vérifiez la place et l’accès aux destinations, puis lancez « cidp backup ».
notice-first-damaged = Ne modifiez rien. Lancez « cidp verify » : les lignes et le passage sont nommés. Restaurez la dernière sauvegarde prouvée s’il le faut.
notice-first-drill_failed = Lisez le rapport de l’exercice dans la page Continuité, et prévenez le responsable technique.
notice-first-test = Rien.
notice-over-subject = Rétabli : { $subject }
notice-over-what = C’est terminé : la situation annoncée est rétablie.
notice-cause = Cause (mots du programme) : { $cause }
notice-when = Quand : { $at }
notice-home = Poste : { $computer } · { $home }
notice-first = À faire d’abord : { $first }
notice-on-call = Astreinte :
notice-on-call-nobody = Astreinte : personne n’est inscrit.
notify-nobody = Personne à prévenir : il faut [mail] et un contact avec une adresse électronique, ou [hook], dans cidp.toml.
notify-empty = Aucun message à l’astreinte.
notify-waiting =
    { $messages ->
        [one] 1 message à l’astreinte attend ; il sera renvoyé par la fenêtre, cidp watch ou la prochaine commande.
       *[other] { $messages } messages à l’astreinte attendent ; ils seront renvoyés par la fenêtre, cidp watch ou la prochaine commande.
    }
notify-waiting-why = Dernier essai : { $why }
notify-column-at = Quand
notify-column-about = Objet
notify-column-to = À
notify-column-state = État
notify-column-tries = Essais
notify-state-sent = envoyé
notify-state-waiting = en attente
notify-state-given_up = abandonné
notify-test-sent = Envoyé à { $to }
notify-test-failed = Non envoyé à { $to } : { $why }
notify-way-mail = courriel
notify-way-hook = passerelle
