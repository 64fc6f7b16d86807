# Journal
log-loading = Lecture du journal…
log-level-error = erreur
log-level-warn = avertissement
log-level-info = information
log-level-debug = détail
log-figure-errors = erreurs
log-figure-warnings = avertissements
log-figure-lines = lignes
log-chip = { $level } · { $n }
log-search = Rechercher dans le journal
log-search-hint = Rechercher…
log-follow = Suivre
log-pause = Pause
log-open = Ouvrir le dossier
log-copy = Copier la ligne
log-list = Lignes du journal
log-none = Rien n’a encore été noté.
log-no-match = Aucune ligne ne répond à ce filtre.
log-clear = Tout montrer
log-unreadable = Ce que les exécutions précédentes ont noté ne peut pas être lu.
log-paused = En pause : { $n ->
    [one] une nouvelle ligne attend
   *[other] { $n } nouvelles lignes attendent
  }
log-shown = { $shown } lignes sur { $all }
log-choose = Choisissez une ligne pour la lire en entier.
log-line = { $time }, { $level } : { $message }
