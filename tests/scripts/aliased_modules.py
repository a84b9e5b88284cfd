import sparknlp
import sparknlp.annotator as sa
import sparknlp.base as sb
from pyspark.ml import Pipeline

spark = sparknlp.start()
data = spark.createDataFrame([["I love you"]]).toDF("text")
clf = sa.DistilBertForSequenceClassification.pretrained("distilbert_sequence_classifier_emotion", lang="en")
stages = [
    sb.DocumentAssembler().setInputCol("text").setOutputCol("document"),
    sa.Tokenizer().setInputCols(["document"]).setOutputCol("token"),
    clf.setInputCols(["document", "token"]).setOutputCol("emotion"),
]
out = Pipeline().setStages(stages).fit(data).transform(data)
out.printSchema()
print(out.select("emotion.result").first().result)
assert len(out.first().emotion) == 1
