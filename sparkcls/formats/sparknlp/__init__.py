"""Stages that Spark NLP saved: their metadata, and what Java serialized beside it."""
