# Alarms
