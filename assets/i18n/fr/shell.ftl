# Fenêtre : aide, démarrage
