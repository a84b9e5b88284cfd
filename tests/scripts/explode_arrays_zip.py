import pyspark.sql.functions as F
import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
news = ["Shares rose on new market data.", "The team lost the game last night.", "Science finds a new time."]
df = spark.createDataFrame([[t] for t in news]).toDF("text")

document = DocumentAssembler().setInputCol("text").setOutputCol("document")
token = Tokenizer().setInputCols(["document"]).setOutputCol("token")
classifier = (
    DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_ag_news", "en")
    .setInputCols(["token", "document"])
    .setOutputCol("class")
)
result = Pipeline(stages=[document, token, classifier]).fit(df).transform(df)

flat = result.select(F.col("document.result").alias("texts"), F.col("class.result").alias("classes"))
res = flat.select(F.explode(F.arrays_zip("texts", "classes")).alias("cols"))
res = res.select(F.expr("cols['texts']").alias("text"), F.expr("cols['classes']").alias("prediction"))
res.show(truncate=60)
rows = {row["text"]: row["prediction"] for row in res.collect()}
assert list(rows) == news and None not in rows.values()
