# Simulateur
