import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["I was really happy"]]).toDF("text")
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_sequence_classifier_emotion", "en")
        .setInputCols(["document", "token"])
        .setOutputCol("class")
        .setMaxSentenceLength(64),
    ]
)
model = pipeline.fit(data)
model.write().overwrite().save("emotion_model")

loaded = PipelineModel.load("emotion_model")
print(loaded.stages)
assert loaded.stages[-1].getMaxSentenceLength() == 64
assert loaded.transform(data).select("class.result").first() == model.transform(data).select("class.result").first()
