import sparknlp
from pyspark.sql import functions as F
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([(1, "good film"), (2, None), (3, ""), (4, "   ")], "id int, text string")
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", "en")
        .setInputCols(["document", "token"])
        .setOutputCol("class"),
    ]
)
result = pipeline.fit(data).transform(data)
print(result.select("id", F.size("class").alias("n")).collect())
assert [row.id for row in result.where(F.size("class") > 0).select("id").collect()] == [1]
