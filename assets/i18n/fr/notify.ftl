# Messages à l’astreinte
