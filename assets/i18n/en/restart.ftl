# Cold restart, locked warehouse, roles
