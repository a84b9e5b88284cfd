import sparknlp
from pyspark.ml import Pipeline
from pyspark.ml.evaluation import MulticlassClassificationEvaluator
from pyspark.ml.feature import SQLTransformer, StringIndexer
from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
from sparknlp.base import DocumentAssembler, Finisher

spark = sparknlp.start()
data = spark.createDataFrame(
    [("great", "POSITIVE"), ("bad", "NEGATIVE"), ("awful", "NEGATIVE"), ("good", "POSITIVE")], ["text", "truth"]
)
name = "distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english"
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained(name, "en")
        .setInputCols(["document", "token"])
        .setOutputCol("class"),
        Finisher().setInputCols(["class"]).setOutputCols(["predicted"]),
        SQLTransformer(statement="SELECT truth, predicted[0] AS predicted FROM __THIS__"),
        StringIndexer(inputCol="truth", outputCol="label", stringOrderType="alphabetAsc"),
        StringIndexer(inputCol="predicted", outputCol="prediction", stringOrderType="alphabetAsc"),
    ]
)
scored = pipeline.fit(data).transform(data)
accuracy = MulticlassClassificationEvaluator(metricName="accuracy").evaluate(scored)
print("accuracy", accuracy)
assert 0 <= accuracy <= 1
