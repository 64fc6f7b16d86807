# Held batches
