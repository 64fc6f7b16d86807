# Log
