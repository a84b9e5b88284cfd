import sparknlp
from pyspark.sql import functions as F
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
test = spark.createDataFrame(
    [("great film", "pos"), ("awful plot", "neg"), ("really liked it", "pos"), ("boring", "neg")], ["text", "label"]
)
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", "en")
        .setInputCols(["document", "token"])
        .setOutputCol("class"),
    ]
)
predicted = pipeline.fit(test).transform(test).withColumn("prediction", F.col("class.result")[0])
by_label = predicted.groupBy("label").agg(
    F.count("*").alias("n"), F.avg((F.col("label") == F.col("prediction")).cast("int")).alias("accuracy")
)
by_label.show()
rows = by_label.collect()
assert {row.label: row.n for row in rows} == {"pos": 2, "neg": 2}
assert all(0 <= row.accuracy <= 1 for row in rows)
