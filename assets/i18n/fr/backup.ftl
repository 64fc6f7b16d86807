# Sauvegarde et restauration
