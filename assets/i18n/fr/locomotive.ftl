# Locomotive

happening-note = note de { $who } : { $words }

loco-export = Exporter
loco-annotate = Annoter
loco-as-table = Tableau
loco-caption = { $loco } · { $from } – { $to } · heure de { $zone }
loco-coming = chargement de la fenêtre…
loco-hint = Molette : zoom · glisser : déplacer · clic : fixer · double clic ou L : direct
loco-keys =
    ← → : d’une mesure à l’autre · Maj + ← → : une minute · Ctrl + ← → : une heure
    + − ou ↑ ↓ : zoom · Page préc./suiv. : déplacer · Maj + glisser ou bouton droit : zoomer sur un cadre
    L ou Origine : retour au direct · P : suivre ou figer · N : annoter · T : tableau · Échap : effacer
loco-window-empty = Aucune mesure dans cette fenêtre
loco-enlarge = { $channel } : agrandir
loco-fold = { $channel } : revenir aux cinq courbes
loco-chart = { $channel }, { $unit }, { $window } : min. { $low }, max. { $high }, dernière { $last }
loco-chart-empty = { $channel }, { $window } : aucune mesure
loco-more = … et { $n } de plus
loco-table = Tableau des mesures
legend-zones = zones indicatives A–D : ISO 10816-1, classe { $class }
legend-zones-why = Sévérité des vibrations selon ISO 10816-1. Indicatif : un bogie en marche n’est pas du domaine de cette norme. La classe se choisit dans les réglages.

column-time = Heure
column-probability = Probabilité
column-model = Modèle
column-remarks = Remarques
sample-of = la dernière de { $n } mesures
sample-mean = moyenne de { $n } mesures
sample-judged = de { $low } à { $high } · au pire : { $worst }

note-where = Cliquez une courbe pour choisir un autre instant.
note-hint = Ce que vous avez vu, entendu, fait
note-words = Texte de la note
note-keep = Garder la note
note-cancel = Annuler
note-by = note de { $who }
note-being-kept = écriture en cours…
note-withdraw = Retirer la note
note-withdraw-why = Retirer cette note ? Elle reste au journal, avec votre nom.
note-withdraw-yes = Retirer

export-csv = Mesures et verdicts (CSV)…
export-png = Image de la page (PNG)…
export-copy-table = Copier les valeurs
export-no-picture = L’image n’a pu être prise.
export-copy-picture = Copier l’image

replay-day-before = Un jour plus tôt
replay-day-after = Un jour plus tard
replay-day = Choisir un jour
calendar-before = Mois précédent
calendar-after = Mois suivant
weekday-1 = lu
weekday-2 = ma
weekday-3 = me
weekday-4 = je
weekday-5 = ve
weekday-6 = sa
weekday-7 = di
