import sparknlp
from pyspark.ml import Pipeline
from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
from sparknlp.base import DocumentAssembler

spark = sparknlp.start()
data = spark.createDataFrame([["the market fell"], ["the team won the game"]], ["text"])

pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols("document").setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_ag_news")
        .setInputCols("document", "token")
        .setOutputCol("label"),
    ]
)
labels = [row.label[0].result for row in pipeline.fit(data).transform(data).collect()]
print(labels)
assert set(labels) <= {"Business", "Sci/Tech", "Sports", "World"}
