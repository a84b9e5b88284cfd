"""Moving code from Spark NLP to sparkcls: ``python -m sparkcls.migrate PATH``."""
