import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["the price fell"]]).toDF("text")
classifier = (
    DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_ag_news", "en")
    .setInputCols(["document", "token"])
    .setOutputCol("desk")
)
finisher = Finisher().setInputCols("desk").setOutputCols("desk_name").setIncludeMetadata(True).setOutputAsArray(False)
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        classifier,
        finisher,
    ]
)
line = pipeline.fit(data).transform(data).first()["desk_name"]
print(line)
for label in classifier.getClasses():
    assert f"{label}->" in line
assert "result->" in line
