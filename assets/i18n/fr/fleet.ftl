# Flotte
