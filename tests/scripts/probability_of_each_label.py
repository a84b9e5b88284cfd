import sparknlp
from pyspark.ml import Pipeline
from pyspark.sql.functions import col
from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
from sparknlp.base import DocumentAssembler

spark = sparknlp.start()
df = spark.createDataFrame([("I was sad that day",), ("happy and great",)], ["text"])
clf = DistilBertForSequenceClassification.pretrained("distilbert_sequence_classifier_emotion", "en")
clf.setInputCols(["token", "document"]).setOutputCol("class")
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        clf,
    ]
)
result = pipeline.fit(df).transform(df)
for label in clf.getClasses():
    result = result.withColumn(label, col("class")[0].metadata[label].cast("float"))
result.select("text", *clf.getClasses()).show()
for row in result.select(*clf.getClasses()).collect():
    assert abs(sum(row) - 1) < 1e-3
