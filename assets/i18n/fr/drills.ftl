# Exercices
