"""Where models come from: the layout of a model folder, names, digests. No Spark, no torch."""
