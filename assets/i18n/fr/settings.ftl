# Réglages
