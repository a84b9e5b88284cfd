import sparknlp
from pyspark.ml import Pipeline
from sparknlp.annotator import DistilBertForSequenceClassification, SentenceDetector, Tokenizer
from sparknlp.base import DocumentAssembler

spark = sparknlp.start()
df = spark.createDataFrame([["I loved it. I really did! And you?"]]).toDF("text")


def build(coalesce):
    classifier = (
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_amazon_polarity", "en")
        .setInputCols(["sentence", "token"])
        .setOutputCol("class")
        .setCoalesceSentences(coalesce)
    )
    return Pipeline(
        stages=[
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            SentenceDetector().setInputCols(["document"]).setOutputCol("sentence"),
            Tokenizer().setInputCols(["sentence"]).setOutputCol("token"),
            classifier,
        ]
    )


counts = {flag: len(build(flag).fit(df).transform(df).first()["class"]) for flag in (False, True)}
print(counts)
assert counts == {False: 3, True: 1}
