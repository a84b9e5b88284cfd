"""Whole pipelines: their stages in order, saved ones, those of Spark NLP."""
