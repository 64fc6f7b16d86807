# Chaîne et vérification
