import sparknlp
from pyspark.ml import Pipeline
from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
from sparknlp.base import DocumentAssembler, LightPipeline

spark = sparknlp.start()


def classifier(name, column):
    return DistilBertForSequenceClassification.pretrained(name).setInputCols(["document", "token"]).setOutputCol(column)


data = spark.createDataFrame([["the new film was great"]]).toDF("text")
model = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        classifier("distilbert_base_sequence_classifier_imdb", "sentiment"),
        classifier("distilbert_sequence_classifier_emotion", "emotion"),
    ]
).fit(data)
row = model.transform(data).selectExpr("sentiment.result[0] as sentiment", "emotion.result[0] as emotion").first()
print(row)
light = LightPipeline(model).annotate("the new film was great")
assert (row.sentiment, row.emotion) == (light["sentiment"][0], light["emotion"][0])
