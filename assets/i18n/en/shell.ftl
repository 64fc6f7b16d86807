# Window: help, start
