# Page Continuité
cont-exposed = exposé à la perte
cont-exposed-all = tout
cont-exposed-none = Aucune sauvegarde prouvée : si la base se perd maintenant, tout ce qu’elle tient est perdu.
cont-exposed-rows = Mesures arrivées depuis la dernière sauvegarde prouvée : { $rows }.
cont-recovery = reprise mesurée
cont-copies-met = respecté
cont-copies-unmet = non respecté
cont-copies-why = Copies : { $copies } sur 3. Supports différents : { $storages } sur 2. Ailleurs : { $offsite } sur 1.
cont-read-only = Ce compte consulte sans agir (cellule de crise) : les boutons sont inactifs.
cont-open = Ouvrir Continuité
cont-busy = Une opération de continuité est en cours.
cont-seconds = { $secs } s
cont-minutes = { $minutes } min { $secs } s
cont-megabytes = { $n } Mo
cont-damaged-backup = La base ne se lit pas. On peut revenir à la sauvegarde prouvée du { $when }.
cont-damaged-backup-todo = La base abîmée est mise de côté, jamais écrasée.
cont-damaged-sources = La base ne se lit pas, et aucune sauvegarde n’est prouvée.
cont-damaged-sources-todo = Le redémarrage à froid la met de côté et reconstruit tout depuis les fichiers des sources.

cont-threats = Menaces
cont-threat = Menace
cont-likelihood = Vrais.
cont-severity = Gravité
cont-state = État
cont-last-drill = Dernier exercice
cont-critical = Critique
cont-major = Majeur
cont-very-low = très faible
cont-exercise = Exercice
cont-exercise-of = Exercice : { $threat }
cont-threat-sensors = API capteurs injoignable
cont-threat-memory = Mémoire saturée à l’assemblage
cont-threat-locked = Base SQLite verrouillée
cont-threat-drift = Dérive des données
cont-threat-poisoning = Empoisonnement des données
cont-threat-corrupt = Fichier corrompu
cont-threat-freight = API fret hors ligne
cont-threat-zombie = Interblocage, tâche zombie
cont-threat-interrupted = Arrêt brutal, disque plein
cont-threat-damaged = Base endommagée
cont-does-sensors = Attente bornée à 15 s, erreur nommée, dernières données gardées et marquées périmées ; le modèle ne juge pas dessus.
cont-does-memory = Lecture par lots de taille bornée, quelle que soit la taille des fichiers.
cont-does-locked = Attente bornée, détenteur nommé, annulation puis nouvelle tentative ; rien d’écrit à moitié.
cont-does-drift = Dérive mesurée à chaque traitement ; au-delà de la limite, NOMINALE devient INDISPONIBLE, DANGER reste.
cont-does-poisoning = Contrôles à l’entrée, lots suspects retenus, et une chaîne qui montre toute ligne changée après coup.
cont-does-corrupt = Lecture stricte : une mauvaise ligne va en quarantaine, un mauvais fichier est refusé en entier, le reste continue.
cont-does-freight = Repli sur les fichiers. Aucune source de fret n’est configurée : il n’y a rien à exercer.
cont-does-zombie = Un seul traitement à la fois ; le verrou d’un programme mort est reconnu et levé.
cont-does-interrupted = Un chargement est une transaction : coupé net, il ne laisse rien.
cont-does-damaged = Une base abîmée n’est jamais écrasée : mise de côté, puis retour à la dernière sauvegarde prouvée.
cont-drill-source_unreachable = Source injoignable
cont-drill-truncated_file = CSV tronqué
cont-drill-changed_columns = Colonnes changées
cont-drill-nan_flood = Déluge de valeurs vides
cont-drill-locked_database = Base verrouillée
cont-drill-disk_full = Disque plein
cont-drill-out_of_memory = Mémoire épuisée
cont-drill-killed_during_load = Arrêt pendant un chargement
cont-drill-killed_during_backup = Arrêt pendant une sauvegarde
cont-drill-poisoned_rows = Lignes empoisonnées
cont-drill-drifted_data = Données dérivées
cont-drill-damaged_database = Fichier de base endommagé
cont-drill-dead_lock_holder = Détenteur de verrou mort
cont-drill-never = jamais
cont-drill-part = incomplet · à refaire
cont-drill-failed = { $when } · échoué
cont-drill-old = { $when } · à refaire
cont-drill-passed = { $when } · réussi
cont-passed = réussi
cont-failed = échoué
cont-looking = lecture…
cont-not-configured = non configurée
cont-never-run = jamais traité
cont-unreachable = { $source } ne répond pas
cont-followed = surveillée, { $age }
cont-read-at = lue · { $when }
cont-memory = { $n } Mio, borne { $bound }
cont-memory-untold = le système ne la dit pas
cont-free = aucun détenteur
cont-held = { $program }, processus { $process }
cont-holder-untold = le système ne nomme pas les détenteurs
cont-drift-stable = PSI { $channel } { $psi }
cont-drift-watch = PSI { $channel } { $psi }, à surveiller
cont-drift-act = PSI { $channel } { $psi }, hors limite
cont-drift-unjudged = non jugée
cont-chain-sound = chaîne intacte · { $when }
cont-chain-broken = { $n ->
    [one] { $n } altération trouvée
   *[other] { $n } altérations trouvées
}
cont-batches-held = { $n ->
    [one] { $n } lot retenu
   *[other] { $n } lots retenus
}
cont-chain-never = chaîne jamais vérifiée
cont-quarantined = { $n ->
    [0] aucune ligne en quarantaine
    [one] { $rows } ligne en quarantaine
   *[other] { $rows } lignes en quarantaine
}
cont-files-refused = { $n ->
    [one] { $n } source refusée
   *[other] { $n } sources refusées
}
cont-run-sound = traitement sain · { $when }
cont-run-failed = traitement échoué · { $when }
cont-readable = se lit
cont-unreadable = ne se lit pas

cont-backups = Sauvegardes
cont-date = Date
cont-origin = Origine
cont-size = Taille
cont-proof = Preuve
cont-places = Destinations
cont-copies = { $n ->
    [one] { $n } copie
   *[other] { $n } copies
}
cont-backups-none = Aucune sauvegarde
cont-backups-none-todo = « Sauvegarder maintenant » en fait une et la prouve : elle est restaurée à part et vérifiée.
cont-backups-more = { $n ->
    [one] et { $n } plus ancienne
   *[other] et { $n } plus anciennes
}
cont-origin-manual = manuelle
cont-origin-run = avant traitement
cont-origin-restart = avant redémarrage
cont-origin-restore = avant restauration
cont-origin-migration = avant mise à niveau
cont-proof-proven = Prouvée
cont-proof-none = À prouver
cont-proof-none-why = Elle n’a pas encore été restaurée à part et vérifiée.
cont-proof-failed = Preuve échouée
cont-proof-wrong = Inutilisable
cont-proof-how = Prouvée par { $who } · { $when } · reprise en { $secs }
cont-restore = Restaurer…
cont-restore-of = Restaurer la sauvegarde du { $when }
cont-restore-wrong = Cette sauvegarde ne peut pas servir.

cont-act = Agir
cont-act-backup = Sauvegarder maintenant
cont-act-prove = Prouver la dernière
cont-act-restore = Restaurer…
cont-act-verify = Vérifier la chaîne
cont-act-drills = Exercices
cont-act-restart = Redémarrage à froid…
cont-on-call = Astreinte
cont-on-call-none = Personne n’est inscrit. Ajoutez les contacts dans Réglages.
cont-no-number = numéro à compléter dans Réglages
cont-chain = Chaîne d’intégrité
cont-chain-head = Tête de la chaîne, à noter ailleurs
cont-chain-copy = Copier la tête
cont-chain-none = Pas encore de chaîne : aucun traitement n’a eu lieu.
cont-chain-never-long = Jamais vérifiée.
cont-verified = Vérifiée · { $when } · { $rows } lignes, { $entries } entrées, { $secs }
cont-found-nothing = Aucune altération : chaque ligne est celle que la chaîne a enregistrée.
cont-found = { $n ->
    [one] { $n } altération trouvée
   *[other] { $n } altérations trouvées
}
cont-found-where = Le détail est sous « Chaîne d’intégrité ».
cont-found-more = { $n ->
    [one] et { $n } autre
   *[other] et { $n } autres
}
cont-found-todo = Ne vous fiez pas à ces lignes. Appelez l’astreinte, puis restaurez la dernière sauvegarde prouvée.
cont-finding-changed = { $table } : lignes changées
cont-finding-added = { $table } : { $rows } de trop
cont-finding-missing = { $table } : { $rows } en moins
cont-finding-runs = traitement { $runs }
cont-finding-range = lignes { $first } à { $last }

cont-job-backup = Sauvegarde
cont-job-prove = Preuve
cont-job-restore = Restauration
cont-job-verify = Vérification
cont-job-drills = Exercices
cont-job-restart = Redémarrage à froid
cont-now = { $job } en cours
cont-ended = { $job } : compte rendu
cont-waits = Le traitement en cours est arrêté d’abord.
cont-running = en cours
cont-stopping = Arrêt demandé : l’étape en cours se termine.
cont-cancel = Annuler
cont-cancel-why = S’arrête entre deux étapes ; rien n’est laissé à moitié.
cont-backed-up = Sauvegarde faite : { $size }, { $n ->
    [one] { $n } copie
   *[other] { $n } copies
}.
cont-backed-up-unproven = Elle n’a pas pu être prouvée.
cont-proven = Prouvée : restaurée à part et vérifiée, reprise en { $secs }.
cont-unproven = Preuve échouée : cette sauvegarde ne compte pas.
cont-unproven-todo = Refaites une sauvegarde ; si elle échoue aussi, appelez l’astreinte.
cont-restored = Base restaurée en { $secs }.
cont-restored-aside = L’ancienne base est gardée ici : { $path }
cont-restored-todo = Lancez un traitement pour relire ce qui est arrivé depuis.
cont-drilled = Exercices réussis : { $passed } sur { $all }.
cont-restarted = Redémarrage terminé : la base est saine.
cont-not-restarted = Le redémarrage s’est arrêté.
cont-before-after = Mesures : { $before } avant, { $after } après. Modèle : { $modelbefore } avant, { $modelafter } après.
cont-reports = Ouvrir les rapports
cont-cancelled = Annulé avant l’étape « { $step } ».
cont-stopped = Arrêté à l’étape « { $step } ».
cont-left-backup = La base et les sauvegardes d’avant sont intactes. Corrigez la cause, puis recommencez.
cont-left-prove = La base n’a pas été touchée. La sauvegarde reste à prouver.
cont-left-restore = La base d’avant est à sa place. Rien n’a changé.
cont-left-verify = La base n’a pas été touchée. La chaîne reste à vérifier.
cont-left-drills = Les exercices se font sur une copie : la base n’a pas été touchée.
cont-left-restart = Les étapes faites sont listées ci-dessus ; aucune étape suivante n’a commencé. Corrigez la cause, puis recommencez, ou appelez l’astreinte.

cont-ask-restore = Restaurer cette sauvegarde ?
cont-ask-looking = Lecture de ce qui changerait…
cont-ask-unusable = Cette sauvegarde ne peut pas servir.
cont-ask-run = Un traitement est en cours : attendez sa fin ou annulez-le.
cont-ask-from = La base redevient celle du { $when }.
cont-ask-unproven = Cette sauvegarde n’est pas prouvée.
cont-ask-damaged = La base actuelle est abîmée ou ne s’ouvre pas.
cont-ask-rows-unknown = On ne peut pas dire combien de mesures seraient perdues : la base actuelle ne se lit pas.
cont-ask-rows = Mesures arrivées depuis, qui quittent la base : { $rows }.
cont-ask-rows-none = Aucune mesure ne serait perdue.
cont-ask-models = Modèles entraînés depuis, qui quittent la base : { $models }.
cont-ask-model = Modèle en service ensuite : v{ $version }.
cont-ask-no-model = Aucun modèle en service ensuite : pas de verdict avant un traitement.
cont-ask-aside = La base actuelle n’est pas effacée : elle est gardée dans { $path }.
cont-ask-held = Un autre programme tient la base ouverte. Fermez-le d’abord :
cont-ask-restore-do = Restaurer
cont-ask-leave = Ne rien faire
cont-ask-restart = Redémarrer à froid ?
cont-ask-restart-1 = 1. Nos tâches sont arrêtées ; un verrou laissé par un programme mort est levé.
cont-ask-restart-2 = 2. La base est sauvegardée (copie SAFE), puis vérifiée.
cont-ask-restart-3 = 3. Elle est rouverte, et le traitement complet est lancé.
cont-ask-restart-4 = 4. L’avant et l’après sont comparés dans un rapport. Si une étape échoue, tout s’arrête là.
cont-ask-end = Mettre fin à { $holder }
cont-ask-end-why = Ce programme est vivant et tient la base. Cochez chacun pour permettre de l’arrêter : son travail non enregistré est perdu.
cont-ask-restart-do = Redémarrer à froid

cont-done-backup = Sauvegarde faite et prouvée
cont-done-prove = Sauvegarde prouvée
cont-done-restore = Base restaurée
cont-done-verify = Chaîne intacte
cont-done-drills = Exercices réussis
cont-done-restart = Redémarrage à froid réussi
cont-not-done-backup = Sauvegarde non prouvée ou échouée
cont-not-done-prove = Preuve échouée
cont-not-done-restore = Restauration échouée
cont-not-done-verify = Chaîne altérée ou non vérifiée
cont-not-done-drills = Exercices non réussis
cont-not-done-restart = Redémarrage à froid arrêté
