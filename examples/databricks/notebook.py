# Databricks notebook source
# MAGIC %md
# MAGIC # Labels for a table of texts
# MAGIC
# MAGIC On any compute with Spark 3.5 or newer, serverless too. Not run on Databricks by us: its cells run in
# MAGIC sparkcls' tests, on classic Spark and on Spark Connect. Import this file into a workspace as it is.

# COMMAND ----------

# MAGIC %pip install --no-index --find-links /Volumes/main/ml/wheels sparkcls

# COMMAND ----------

dbutils.library.restartPython()

# COMMAND ----------

dbutils.widgets.text("table", "samples.bakehouse.media_customer_reviews")
dbutils.widgets.text("column", "review")
dbutils.widgets.text("model", "distilbert_mini_sequence_classifier_sst2")

table, column, model = (dbutils.widgets.get(name) for name in ("table", "column", "model"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## One call
# MAGIC
# MAGIC The table with `label`, `confidence`, `scores`, and what went wrong with a row, if anything did. Models that are
# MAGIC not in the package come from a volume: `sparkcls.configure(mirror="/Volumes/main/ml/models")`.

# COMMAND ----------

import sparkcls

labelled = sparkcls.classify(spark.table(table), column, model)
display(labelled)

# COMMAND ----------

# MAGIC %md
# MAGIC ## In SQL

# COMMAND ----------

from sparkcls import sql
from sparkcls.annotator import TransformerForSequenceClassification

sql.register(spark, "sentiment", TransformerForSequenceClassification.pretrained(model))
labels = spark.sql(f"SELECT sentiment(`{column}`).label AS label, count(*) AS rows FROM {table} GROUP BY 1 ORDER BY 1")
display(labels)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The stages of Spark NLP
# MAGIC
# MAGIC Code that was written for it runs with `sparkcls` in place of `sparknlp`.

# COMMAND ----------

from sparkcls.annotator import *
from sparkcls.base import *

pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol(column).setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained(model).setInputCols(["token", "document"]).setOutputCol("class"),
    ]
)
annotated = pipeline.fit(spark.table(table)).transform(spark.table(table))
display(annotated.select(column, "class.result"))
