# Locomotive
