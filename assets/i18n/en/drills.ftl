# Drills
