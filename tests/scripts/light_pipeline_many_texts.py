import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_sequence_classifier_emotion", "en")
        .setInputCols(["document", "token"])
        .setOutputCol("emotion"),
    ]
)
lp = LightPipeline(pipeline.fit(spark.createDataFrame([[""]]).toDF("text")))

texts = ["I love that film", "she was sad", "fear and anger", "what joy"]
for text, answer in zip(texts, lp.annotate(texts)):
    print(f"{text:20s} {answer['emotion'][0]}")
answers = lp.fullAnnotate(texts)
assert [a["document"][0].result for a in answers] == texts
assert [a["emotion"][0].result for a in answers] == [a["emotion"][0] for a in lp.annotate(texts)]
