import os

import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

# What a Hugging Face model exported to ONNX looks like: model.onnx, assets/vocab.txt and assets/labels.txt.
EXPORT_PATH = "onnx_models/my_distilbert"
assert sorted(os.listdir(EXPORT_PATH)) == ["assets", "model.onnx"]

spark = sparknlp.start()
sequenceClassifier = (
    DistilBertForSequenceClassification.loadSavedModel(EXPORT_PATH, spark)
    .setInputCols(["document", "token"])
    .setOutputCol("class")
    .setCaseSensitive(True)
    .setMaxSentenceLength(128)
)
sequenceClassifier.write().overwrite().save("my_distilbert_spark_nlp")
loaded = DistilBertForSequenceClassification.load("my_distilbert_spark_nlp")

pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        loaded,
    ]
)
example = spark.createDataFrame([["I love you!"], ["I feel lucky to be here."]]).toDF("text")
result = pipeline.fit(example).transform(example)
result.select("text", "class.result").show()
assert {row.result[0] for row in result.select("class.result").collect()} <= {"negative", "positive"}
