import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["she won the game"]]).toDF("text")
model = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
    ]
).fit(data)
model.transform(data).write.mode("overwrite").parquet("annotated.parquet")
stored = spark.read.parquet("annotated.parquet")
stored.printSchema()

classifier = (
    DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_ag_news", "en")
    .setInputCols(["document", "token"])
    .setOutputCol("class")
)
label = classifier.transform(stored).select("class.result").first()[0]
print(label)
assert len(label) == 1
