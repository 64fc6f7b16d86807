# Redémarrage à froid, base verrouillée, rôles
