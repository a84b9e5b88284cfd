import sparknlp
from pyspark.ml import Pipeline
from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
from sparknlp.base import DocumentAssembler

spark = sparknlp.start()
df = spark.createDataFrame([["joy and fear"]], ["text"])
classifier = (
    DistilBertForSequenceClassification.pretrained("distilbert_sequence_classifier_emotion", "en")
    .setInputCols(["document", "token"])
    .setOutputCol("emotions")
    .setActivation("sigmoid")
)
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        classifier,
    ]
)
emotions = pipeline.fit(df).transform(df).first().emotions
for emotion in emotions:
    print(emotion.result, emotion.metadata[emotion.result])
    assert float(emotion.metadata[emotion.result]) > 0.5
assert len({e.result for e in emotions}) == len(emotions) <= len(classifier.getClasses())
