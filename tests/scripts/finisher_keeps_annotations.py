import sparknlp
from pyspark.ml import Pipeline
from sparknlp.annotator import SentenceDetector, Tokenizer
from sparknlp.base import DocumentAssembler, Finisher

spark = sparknlp.start()
df = spark.createDataFrame([["It was fine. She loved it."]], ["text"])
finisher = (
    Finisher().setInputCols(["sentence", "token"]).setOutputCols(["sentences", "tokens"]).setCleanAnnotations(False)
)
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        SentenceDetector().setInputCols(["document"]).setOutputCol("sentence"),
        Tokenizer().setInputCols(["sentence"]).setOutputCol("token"),
        finisher,
    ]
)
out = pipeline.fit(df).transform(df)
print(out.columns)
row = out.first()
assert row.sentences == ["It was fine.", "She loved it."]
assert row.tokens == [a.result for a in row.token]
assert finisher.getOutputCols() == ["sentences", "tokens"]
