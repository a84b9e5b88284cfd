"""Models by name: stores and their index, fetching into the cache, resolving. No Spark, no torch."""
