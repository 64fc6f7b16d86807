# Simulateur
sim-load = Charger les valeurs de…
sim-axis-x = Axe horizontal de la carte
sim-axis-y = Axe vertical de la carte
sim-apply = Appliquer
sim-apply-name = Appliquer : { $name }
