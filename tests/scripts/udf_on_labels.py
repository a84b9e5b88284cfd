import sparknlp
from pyspark.ml import Pipeline
from pyspark.sql.functions import udf
from pyspark.sql.types import StringType
from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
from sparknlp.base import DocumentAssembler

spark = sparknlp.start()
df = spark.createDataFrame([["I love it"], ["I hated it"]], ["text"])
out = (
    Pipeline(
        stages=[
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_amazon_polarity", "en")
            .setInputCols(["document", "token"])
            .setOutputCol("class"),
        ]
    )
    .fit(df)
    .transform(df)
)


@udf(returnType=StringType())
def smiley(annotations):
    return {"positive": ":-)", "negative": ":-("}[annotations[0].result]


faces = [row.face for row in out.withColumn("face", smiley("class")).collect()]
print(faces)
assert set(faces) <= {":-)", ":-("} and len(faces) == 2
