# Alarmes
