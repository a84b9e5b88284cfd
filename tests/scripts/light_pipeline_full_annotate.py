import sparknlp
from pyspark.ml import PipelineModel
from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
from sparknlp.base import DocumentAssembler, LightPipeline

spark = sparknlp.start()
text = "I hated that boring plot."
data = spark.createDataFrame([[text]]).toDF("text")
assembler = DocumentAssembler().setInputCol("text").setOutputCol("document")
tokens = Tokenizer().setInputCols(["document"]).setOutputCol("token").fit(assembler.transform(data))
classifier = DistilBertForSequenceClassification.pretrained().setInputCols(["document", "token"]).setOutputCol("class")

result = LightPipeline(PipelineModel([assembler, tokens, classifier])).fullAnnotate(text)[0]
for token in result["token"]:
    print(token.begin, token.end, token.result, token.metadata["sentence"])
    assert text[token.begin : token.end + 1] == token.result
category = result["class"][0]
print(category)
assert category.annotatorType == "category"
assert (category.begin, category.end) == (0, len(text) - 1)
assert float(category.metadata[category.result]) >= 0.5
