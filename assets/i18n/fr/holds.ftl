# Lots retenus
