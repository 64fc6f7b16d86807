# Redémarrage à froid, base verrouillée, rôles

waits-for = base verrouillée, attente du processus { $process } ({ $program })
waits-for-unknown = base verrouillée par un autre programme, attente
read-only-badge = LECTURE SEULE — cellule de crise
read-only-why = Votre compte consulte : lancer, acquitter, régler ou restaurer est réservé aux opérateurs. Le rôle vient de la configuration ([access]).
read-only-refused = Refusé : votre compte est en lecture seule (cellule de crise).
cold-asks = Terminer le { $holder } ? Il empêche d’écrire dans la base. [o/N]
cold-done = Redémarrage à froid terminé
cold-failed = Redémarrage à froid interrompu
cold-report = Rapport : { $path }
step-jobs = Nos travaux arrêtés
step-holders = Détenteurs de la base
step-checkpoint = Journal intégré à la base
step-safe_copy = Copie sûre
step-integrity = Contrôle d’intégrité
step-reopen = Réouverture
step-run = Exécution du pipeline
step-compare = Avant et après
step-report = Rapport
