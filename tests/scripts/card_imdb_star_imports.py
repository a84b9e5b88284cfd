import sparknlp
from sparknlp.base import *
from sparknlp.annotator import *

spark = sparknlp.start()

document_assembler = DocumentAssembler().setInputCol("text").setOutputCol("document")

tokenizer = Tokenizer().setInputCols(["document"]).setOutputCol("token")

sequenceClassifier = (
    DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", "en")
    .setInputCols(["token", "document"])
    .setOutputCol("class")
    .setCaseSensitive(True)
    .setMaxSentenceLength(512)
)

pipeline = Pipeline(stages=[document_assembler, tokenizer, sequenceClassifier])

example = spark.createDataFrame([["I really liked that movie!"]]).toDF("text")
result = pipeline.fit(example).transform(example)
result.select("class.result", "class.metadata").show(truncate=False)
assert result.first()["class"][0].result in ("neg", "pos")
