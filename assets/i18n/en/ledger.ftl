# Ledger and verification
