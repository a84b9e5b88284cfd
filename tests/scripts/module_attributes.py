import sparknlp
import sparknlp.annotator
import sparknlp.base
from pyspark.ml import PipelineModel

spark = sparknlp.start()
assembler = sparknlp.base.DocumentAssembler().setInputCol("review").setOutputCol("doc")
tokenizer = sparknlp.annotator.Tokenizer().setInputCols(["doc"]).setOutputCol("tok")
data = spark.createDataFrame([("a fine story",)], "review string")
model = PipelineModel(stages=[assembler, tokenizer.fit(assembler.transform(data))])
tokens = model.transform(data).select("tok.result").first()[0]
print("Spark NLP", sparknlp.version(), tokens)
assert tokens == ["a", "fine", "story"]
