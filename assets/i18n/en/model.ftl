# Model
