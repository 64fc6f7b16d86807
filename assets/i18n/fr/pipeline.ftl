# Pipeline
