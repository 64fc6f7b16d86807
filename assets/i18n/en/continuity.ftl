# Continuity page
