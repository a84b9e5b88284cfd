import sparknlp
from pyspark.ml import Pipeline
from sparknlp.annotator import SentenceDetector, Tokenizer
from sparknlp.base import DocumentAssembler
from sparknlp.pretrained import PretrainedPipeline

spark = sparknlp.start()
df = spark.createDataFrame([["One day. One night."], ["A new game."]], ["text"])
Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        SentenceDetector().setInputCols(["document"]).setOutputCol("sentence"),
        Tokenizer().setInputCols(["sentence"]).setOutputCol("token"),
    ]
).fit(df).save("split_pipeline")
pipeline = PretrainedPipeline("split", lang="en", disk_location="split_pipeline")
print([type(stage).__name__ for stage in pipeline.model.stages])
counts = {row.text: row.n for row in pipeline.transform(df).selectExpr("text", "size(sentence) as n").collect()}
assert counts == {"One day. One night.": 2, "A new game.": 1}
assert len(pipeline.light_model.annotate(["a", "b"])) == 2
