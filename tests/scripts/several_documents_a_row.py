import sparknlp
from pyspark.sql.types import ArrayType, StringType, StructField, StructType
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
schema = StructType([StructField("reviews", ArrayType(StringType(), False))])
data = spark.createDataFrame([(["good film", "bad plot", "fine"],)], schema)
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("reviews").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", "en")
        .setInputCols(["document", "token"])
        .setOutputCol("class"),
    ]
)
row = pipeline.fit(data).transform(data).first()
print([c.result for c in row["class"]])
assert [d.metadata["sentence"] for d in row.document] == ["0", "1", "2"]
assert len(row["class"]) == 3
