import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["a good movie"], ["a bad movie"]]).toDF("text")
finisher = Finisher().setInputCols(["class"])
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", "en")
        .setInputCols(["token", "document"])
        .setOutputCol("class"),
        finisher,
    ]
)
finished = pipeline.fit(data).transform(data)
finished.show()
assert finished.columns == ["text", "finished_class"]
assert all(len(row.finished_class) == 1 for row in finished.collect())
