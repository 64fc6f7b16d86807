# Page Continuité
