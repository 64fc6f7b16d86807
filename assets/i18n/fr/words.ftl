# Les mots du métier : verdicts, grandeurs, causes, événements, étapes.
verdict-nominal = OPÉRATION NOMINALE
verdict-danger = DANGER DÉTECTÉ
verdict-unavailable = VERDICT INDISPONIBLE
verdict-short-nominal = Nominale
verdict-short-danger = DANGER
verdict-short-unavailable = Indisponible

channel-flow_rate = Débit d’huile
channel-pressure = Pression
channel-vibration = Vibrations
channel-temperature = Température
channel-short-flow_rate = Débit
channel-short-pressure = Pression
channel-short-vibration = Vibrations
channel-short-temperature = Temp.
# « Vibrations seules » : la grandeur changée sans toucher aux autres.
channel-alone-flow_rate = Débit seul
channel-alone-pressure = Pression seule
channel-alone-vibration = Vibrations seules
channel-alone-temperature = Température seule

cause-never_run = jamais traité
cause-run_failed = dernier traitement échoué
cause-no_model = aucun modèle
cause-model_unreadable = modèle illisible
cause-stale = périmée · { $age }
cause-source_refused = source refusée
cause-flagged = { $channel } : { $flag }
cause-newest_refused = mesures en quarantaine
cause-not_scored = mesure non jugée
cause-drifted = dérive · { $channel }
cause-slow = jugement trop lent
cause-damaged = base altérée
cause-long-never_run = Aucun traitement n’a encore abouti.
cause-long-run_failed = Le dernier traitement a échoué en sécurité. Rien n’a été appris ni jugé ; les verdicts précédents sont conservés.
cause-long-no_model = Aucun modèle en service : l’apprentissage n’en a pas donné qui soit assez sûr.
cause-long-no_model-yet = Aucun modèle n’a encore été appris.
cause-long-learning = Le modèle est en cours d’apprentissage.
cause-long-scoring = La dernière mesure est en cours de jugement.
cause-detail = Détail technique : { $reason }.
cause-long-model_unreadable = Le modèle enregistré ne peut être relu.
cause-long-stale = La dernière mesure a { $age } ; la limite est de { $limit }.
cause-long-source_refused = La source « { $source } » a été refusée par le dernier traitement.
cause-long-flagged = { $channel } : { $flag }. Le modèle n’y voit pas de danger, mais une mesure étrange ne peut être dite nominale.
cause-long-newest_refused = Les mesures les plus récentes de cette locomotive ont été mises en quarantaine : ce qu’elle fait maintenant n’est pas connu.
cause-long-not_scored = La dernière mesure n’a pas encore été jugée.
cause-long-drifted = Le disjoncteur est déclenché : la grandeur « { $channel } » n’est plus celle sur laquelle le modèle a appris. Plus rien n’est dit nominal ; les dangers restent dits.
cause-long-slow = Le disjoncteur est déclenché : juger une mesure a pris { $took } ms, la limite est de { $limit } ms. Plus rien n’est dit nominal ; les dangers restent dits.
cause-long-damaged = La base de données est endommagée, ou a été modifiée hors du programme. Plus rien n’est dit nominal ; les dangers restent dits, et rien n’est appris de ces données.
cause-todo-never_run = Lancez le traitement, ou ouvrez vos fichiers CSV.
cause-todo-run_failed = Corrigez la source, puis relancez le traitement.
cause-todo-no_model = Ajoutez des mesures et des pannes connues, puis relancez le traitement.
cause-todo-no_model-yet = Lancez le traitement s’il n’est pas déjà en cours.
cause-todo-learning = Les verdicts apparaîtront à la fin du traitement ; il n’y a rien à faire.
cause-todo-model_unreadable = Relancez le traitement : un nouveau modèle sera appris.
cause-todo-stale = Vérifiez que la source envoie encore, puis relancez le traitement.
cause-todo-source_refused = Corrigez la source, puis relancez le traitement.
cause-todo-flagged = Vérifiez le capteur.
cause-todo-newest_refused = Lisez la quarantaine : capteur en défaut, ou grandeur réellement hors limites.
cause-todo-not_scored = Relancez le traitement.
cause-todo-drifted = Ouvrez la page Modèle : elle dit si cela ressemble à une dérive ou à une panne. Vérifiez capteurs et unités, puis réarmez.
cause-todo-slow = Allégez ce poste (autres programmes, disque), puis réarmez à la page Modèle.
cause-todo-damaged = Page Continuité : vérifiez la chaîne, puis restaurez la dernière sauvegarde prouvée.

flag-rate = variation impossible
flag-stuck = valeur figée
flag-drift = dérive lente

event-preventive = maintenance
event-failure = panne
event-with-component = { $event } · { $component }
# Les organes que la démonstration nomme ; tout autre nom est écrit comme il vient.
component-bearing = roulement
component-cooling = refroidissement
component-hydraulic = circuit hydraulique
component-inspection = inspection
component-pump = pompe
happening-verdict = { $from } → { $to }
happening-model = modèle v{ $version } mis en service
happening-quarantined =
    { $rows ->
        [one] 1 ligne en quarantaine
       *[other] { $rows } lignes en quarantaine
    }

stage-extract = extraction
stage-validate = validation
stage-load = chargement
stage-train = apprentissage
stage-score = scores
horizon = sous { $hours } h
