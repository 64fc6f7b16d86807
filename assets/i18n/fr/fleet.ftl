# Flotte
fleet-kiosk = Écran mural (F11)
fleet-kiosk-short = Écran mural
fleet-search = Chercher une locomotive
fleet-shown = { $shown } sur { $all } affichées
fleet-split = { $danger } en danger · { $off } indisponibles · { $wearing } en usure · { $nominal } nominales
fleet-danger-hidden = { $n ->
    [one] 1 en danger masquée par le filtre
   *[other] { $n } en danger masquées par le filtre
}
fleet-show-all = Tout afficher
fleet-none-shown = Aucune locomotive ne correspond
fleet-sort = Trier : { $column }
fleet-sort-rising = Trié : { $column }, croissant
fleet-sort-falling = Trié : { $column }, décroissant
fleet-filter-danger = Danger
fleet-filter-unavailable = Indisponibles
fleet-filter-wearing = Usure
fleet-filter-nominal = Nominales
fleet-filter-out = Hors limites
fleet-filter-stale = Périmées
fleet-filter-why-danger = Panne imminente : le verdict est DANGER
fleet-filter-why-unavailable = Aucun verdict n’est donné, pour une cause qui est dite
fleet-filter-why-wearing = Nominale, mais proche du seuil, en hausse ou hors de sa normale
fleet-filter-why-nominal = Nominale, sans rien qui l’en éloigne
fleet-filter-why-out = Une grandeur au moins est hors de la normale de la locomotive
fleet-filter-why-stale = La dernière mesure est trop ancienne
wear-short = usure
wear-near = Probabilité à la moitié du seuil ou plus
wear-rising = Probabilité en hausse sur 24 h
wear-outside = Hors de sa normale : { $channels }
kiosk-leave = Quitter l’écran mural (Échap)
kiosk-ended = Le service s’est arrêté : ce que montre cet écran n’est plus tenu à jour.
kiosk-silent = Le service n’a rien dit depuis { $age } : ce que montre cet écran n’est plus sûr.
kiosk-none-judged = Aucune locomotive ne peut être jugée.
kiosk-more = { $danger ->
    [0] … et { $n } autres
   *[other] … et { $n } autres, dont { $danger } en danger
}
kiosk-alarms = { $n ->
    [one] 1 alarme non acquittée
   *[other] { $n } alarmes non acquittées
}
