"""A job for Databricks: see databricks.yml."""
