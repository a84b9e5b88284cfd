import sparknlp
from pyspark.sql import functions as F
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame(
    [(1, "The film was good. The story was awful! Was it boring?"), (2, "We lost.")], ["id", "text"]
)
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        SentenceDetector().setInputCols(["document"]).setOutputCol("sentence"),
        Tokenizer().setInputCols(["sentence"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", "en")
        .setInputCols(["sentence", "token"])
        .setOutputCol("class"),
    ]
)
result = pipeline.fit(data).transform(data)
sentiments = result.select("id", F.explode("class").alias("c")).select(
    "id", F.col("c.metadata.sentence").cast("int").alias("n"), "c.begin", "c.end", F.col("c.result").alias("sentiment")
)
sentiments.orderBy("id", "n").show()
rows = sentiments.orderBy("id", "n").collect()
assert [(r.id, r.n, r.begin) for r in rows] == [(1, 0, 0), (1, 1, 19), (1, 2, 40), (2, 0, 0)]
