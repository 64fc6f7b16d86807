# Simulator
sim-load = Load the values of…
sim-axis-x = Horizontal axis of the map
sim-axis-y = Vertical axis of the map
sim-apply = Apply
sim-apply-name = Apply: { $name }
