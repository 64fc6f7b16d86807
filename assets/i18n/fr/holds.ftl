# Lots retenus
hold-title = Lots retenus
hold-why = Ces mesures ressemblent à des données falsifiées ou à un capteur remplacé. Elles sont gardées et jugées : un danger y reste dit. Rien n’est appris d’elles et rien n’y est dit nominal tant que personne ne les libère.
hold-reason-jump = saut brusque
hold-reason-at_limits = valeurs aux limites
hold-reason-replayed = mesures rejouées
hold-reason-labels_flipped = étiquettes inversées
hold-found-jump = { $channel } : médiane { $median } pour { $own } d’habitude, soit { $mads } écarts médians (retenu dès { $limit })
hold-found-at-limits = { $channel } : { $share } des mesures sont à la limite physique, { $own } d’habitude
hold-found-replayed = Environ { $rows } mesures sont identiques à celles de { $loco } au { $when }
hold-found-labels-turned = Les étiquettes contredisent les écarts : accord { $auc } pour { $own } d’habitude (AUC)
hold-found-labels-many = { $share } des étiquettes disent une anomalie, { $own } d’habitude, sans que les mesures s’écartent
hold-line = { $loco } · { $reason }
hold-range = { $rows } mesures · { $from } → { $to } · traitement { $run }
hold-number = n° { $hold }
hold-release = Libérer…
hold-release-this = Libérer le lot { $hold } de { $loco }
hold-release-now = Libérer ce lot
hold-release-what = L’apprentissage pourra utiliser ces { $rows } mesures, et NOMINAL pourra de nouveau être dit d’elles. Le registre et le journal gardent qui l’a fait et pourquoi. Cela ne s’annule pas.
hold-release-reason = Motif (obligatoire)
hold-release-cancel = Ne pas libérer
hold-releasing = Libération en cours…
hold-alarm = Lot retenu
hold-alarm-why = { $reason }, { $rows } mesures à vérifier
hold-none = Aucun lot retenu.
hold-none-ever = Aucun lot n’a jamais été retenu.
hold-released = Lot { $hold } de { $loco } libéré par { $who }. Le prochain apprentissage utilisera ses { $rows } mesures.
hold-released-before = Le lot { $hold } a déjà été libéré par { $who } ({ $words }).
hold-unknown = Il n’y a pas de lot { $hold }.
hold-state-open = retenu
hold-state-released = libéré par { $who } : { $words }
hold-run =
    { $count ->
        [one] 1 lot retenu : ni appris, ni dit nominal
       *[other] { $count } lots retenus : ni appris, ni dits nominaux
    }
hold-column-number = N°
hold-column-loco = Locomotive
hold-column-reason = Motif
hold-column-rows = Mesures
hold-column-from = Du
hold-column-to = Au
hold-column-run = Traitement
hold-column-state = État
alarm-kind-held = Lot retenu
legend-held = lot retenu
cause-held = lot retenu · { $reason }
cause-long-held = La dernière mesure fait partie d’un lot retenu ({ $reason }). Le modèle n’y voit pas de danger, mais des mesures peut-être falsifiées ne peuvent être dites nominales.
cause-todo-held = Page Pipeline, onglet Quarantaine : vérifiez le lot, puis libérez-le avec un motif.
