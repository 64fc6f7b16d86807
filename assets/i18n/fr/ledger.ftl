# Chaîne et vérification
ledger-none = Aucune base de données : lancez d’abord un traitement.
ledger-sound = La base est telle que la chaîne l’atteste : { $rows } lignes et { $entries } inscriptions vérifiées en { $secs } s. Tête de chaîne : { $head }
ledger-unsound = La base n’est PAS telle que la chaîne l’atteste. Constats : { $findings }. Lignes lues : { $rows }, en { $secs } s. Tête de chaîne : { $head } ({ $entries } inscriptions)
ledger-column-table = dans la table
ledger-column-what = constat
ledger-column-runs = traitements
ledger-column-locomotive = quelle locomotive
ledger-column-range = étendue
ledger-changed = lignes modifiées
ledger-too-many = lignes en trop : { $rows }
ledger-missing = lignes manquantes : { $rows }
step-structure = Structure du fichier
step-ledger = Chaîne et lignes
step-heads = Second lieu des têtes de chaîne
step-note-result = Résultat noté
