# Simulator
