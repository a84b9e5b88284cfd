import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["I REALLY, really liked it!!!"]]).toDF("text")
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        SentenceDetector().setInputCols(["document"]).setOutputCol("sentence"),
        Tokenizer().setInputCols(["sentence"]).setOutputCol("token"),
        Normalizer().setInputCols(["token"]).setOutputCol("normalized").setLowercase(True),
        TokenAssembler().setInputCols(["sentence", "normalized"]).setOutputCol("clean"),
    ]
)
clean = pipeline.fit(data).transform(data).select("clean.result").first()[0]
print(clean)
assert clean == ["i really really liked it"]
