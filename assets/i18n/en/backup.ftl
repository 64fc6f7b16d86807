# Backup and restore
