"""`sparkcls bench`: sparkcls, its rivals and the machine's limit, measured on the same weights and texts.

Importing this package costs nothing: every system runs in a process of its own, which imports what it needs. Modules
that run in Spark NLP's environment (`job`, `machine`, `memory`, `systems.spark`, `systems.spark_nlp`) use the
standard library and pyspark alone, because sparkcls' own requirements are not installed there.
"""
