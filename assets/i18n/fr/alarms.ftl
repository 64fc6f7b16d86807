# Alarmes
alarm-danger = DANGER DÉTECTÉ : { $probability }
alarm-threshold = seuil { $threshold }
alarm-above-own = au-dessus de sa bande normale ({ $limit })
alarm-below-own = sous sa bande normale ({ $limit })
alarm-above = au-dessus de la limite ({ $limit })
alarm-below = sous la limite ({ $limit })
alarm-no-verdict = Verdict indisponible
alarm-source =
    { $locomotives ->
        [0] Source { $source }
        [one] Source { $source } · 1 loco.
       *[other] Source { $source } · { $locomotives } loco.
    }
alarm-fleet = Toute la flotte
alarm-state-unacknowledged = Non acquittée
alarm-state-returned_unacknowledged = Revenue, non acquittée
alarm-state-acknowledged = Acquittée
alarm-state-shelved = Suspendue
alarm-state-out_of_service = Hors service
alarm-state-closed = Terminée
alarm-priority-high = Haute
alarm-priority-medium = Moyenne
alarm-priority-low = Basse
alarm-priority-of = Priorité : { $priority }
alarm-kind-danger = Danger
alarm-kind-limit = Hors limites
alarm-kind-no_verdict = Sans verdict
alarm-kind-source = Source
alarm-kind-fleet = Flotte
alarm-of-the-present = Présent, pas la relecture
alarm-notice-one = ALARME · { $priority }
alarm-notice-many = { $count } ALARMES
alarm-others =
    { $count ->
        [one] et 1 autre
       *[other] et { $count } autres
    }
happening-alarm = alarme : { $what }
happening-alarm-calls = alarme non acquittée : { $what }

alarm-rail =
    { $count ->
        [one] { $page }, 1 non acquittée
       *[other] { $page }, { $count } non acquittées
    }
alarm-see = Voir
alarm-acknowledge = Acquitter
alarm-acknowledge-this = Acquitter : { $alarm }
alarm-acknowledge-all = Tout acquitter ({ $count })…
alarm-acknowledge-ticked = Acquitter la sélection ({ $count })…
alarm-tick = Sélectionner : { $alarm }
alarm-shelve = Suspendre…
alarm-unshelve = Remettre en vue
alarm-take-out = Hors service…
alarm-back = Remettre en service
alarm-open = Courbes
alarm-comment = Commentaire (facultatif)
alarm-reason = Motif (obligatoire)
alarm-cancel = Annuler

alarm-figure-unacknowledged = non acquittées
alarm-figure-active = en cours
alarm-figure-aside = suspendues, hors service
alarm-figure-rate = en 10 min
alarm-figure-flood = en 10 min : AFFLUX
alarm-rate-why = Repère d’ISA-18.2 : environ { $guidance } alarme en dix minutes reste gérable ; plus de { $flood } en dix minutes est un afflux.

alarm-tab-current = En cours ({ $count })
alarm-tab-history = Historique
alarm-mute = Couper le son 10 min
alarm-mute-why = Couper le son n’est pas acquitter : les alarmes restent. Une nouvelle alarme de priorité haute rétablit le son.
alarm-unmute = Son coupé jusqu’à { $time } : rétablir
alarm-sound-off = Son désactivé dans les réglages
alarm-sound-none = Pas de son sur cette machine
alarm-sound-failing = Le son ne peut être joué
alarm-sound-why = Les alarmes restent visibles sur chaque page et sont notifiées par le bureau. Le journal dit pourquoi il n’y a pas de son.
alarm-fault = Les alarmes ne peuvent être relues dans l’entrepôt : aucune nouvelle alarme n’est levée.

alarm-table-name = Alarmes
alarm-column-priority = Priorité
alarm-column-subject = Locomotive
alarm-column-what = Alarme
alarm-column-state = État
alarm-column-since = Depuis
alarm-column-raised = Levée
alarm-column-by = Par
alarm-empty = Aucune alarme
alarm-empty-why = Rien n’attend d’être acquitté.
alarm-empty-fault = Tant que l’entrepôt ne peut être lu, aucune alarme n’est levée : ce silence ne dit rien des locomotives.
alarm-empty-unknown = Aucune mesure pour l’instant
alarm-empty-unknown-why = Sans mesure, rien n’est surveillé : lancez le traitement ou ouvrez vos fichiers.
alarm-none-selected = Choisissez une alarme pour en lire les mesures, le modèle et qui a fait quoi.

alarm-value-now = Maintenant : { $value }
alarm-inputs = Mesure qui l’a levée
alarm-reading = Mesure
alarm-probability = Probabilité
alarm-probability-of = { $probability } · seuil { $threshold }
alarm-model = Modèle
alarm-acts = Suivi
alarm-raised = Levée
alarm-returned = Revenue à la normale
alarm-acknowledged = Acquittée
alarm-shelved = Suspendue
alarm-out = Hors service
alarm-until = Jusqu’à

alarm-dialog-many =
    { $count ->
        [one] Acquitter 1 alarme
       *[other] Acquitter { $count } alarmes
    }
alarm-dialog-many-why = Votre nom, l’heure et ce commentaire sont gardés avec chacune. Celles dont la cause a cessé sont terminées ; les autres restent en cours.
alarm-dialog-shelve = Suspendre
alarm-dialog-shelve-title = Suspendre l’alarme
alarm-dialog-shelve-why = Elle ne sonne plus et n’est plus comptée jusqu’à l’échéance ; si sa cause dure alors, elle appelle de nouveau.
alarm-dialog-duration = Durée (obligatoire)
alarm-dialog-take-out = Mettre hors service
alarm-dialog-out-title = Mettre l’alarme hors service
alarm-dialog-out-why = Elle n’appellera plus jusqu’à ce que quelqu’un la remette en service.
alarm-dialog-until = Jusqu’à { $time }
alarm-dialog-needs-both = Un motif et une durée sont demandés.
alarm-dialog-needs-reason = Un motif est demandé.

alarm-period = Période
alarm-period-days =
    { $days ->
        [1] 24 h
       *[other] { $days } j
    }
alarm-period-all = Tout
alarm-kind = Sorte
alarm-kind-all = Toutes sortes
alarm-state = État
alarm-state-all = Tous états
alarm-search = Locomotive ou source
alarm-export = Exporter l’historique filtré : { $format }
alarm-file = alarmes
alarm-history-reading = Lecture de l’historique…
alarm-history-none = Aucune alarme ne répond à ce filtre.
alarm-history-more = Les { $count } plus récentes ; l’export les contient toutes.

alarm-rates-title = Alarmes par dix minutes
alarm-rates-unknown = inconnues
alarm-rates =
    { $floods ->
        [0] { $total } en 24 h, aucun afflux · repères : 1 gérable, plus de 10 afflux
        [one] { $total } en 24 h, 1 afflux · repères : 1 gérable, plus de 10 afflux
       *[other] { $total } en 24 h, { $floods } afflux · repères : 1 gérable, plus de 10 afflux
    }
alarm-rate-at = { $time } : { $count }

cli-alarms-none = Aucune alarme en cours.
cli-alarms-none-ever = Aucune alarme.
cli-alarm-number = N°
