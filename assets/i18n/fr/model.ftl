# Modèle
