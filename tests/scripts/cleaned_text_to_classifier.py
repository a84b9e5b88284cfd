import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["<br/>The film WAS great, the plot was not"]]).toDF("text")
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        DocumentNormalizer()
        .setInputCols(["document"])
        .setOutputCol("plain")
        .setPatterns(["<[^>]*>"])
        .setReplacement(" "),
        Tokenizer().setInputCols(["plain"]).setOutputCol("token"),
        StopWordsCleaner().setInputCols(["token"]).setOutputCol("content").setStopWords(["the", "was"]),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", "en")
        .setInputCols(["plain", "content"])
        .setOutputCol("class"),
    ]
)
row = pipeline.fit(data).transform(data).first()
print([t.result for t in row.content], row["class"][0].result)
assert [t.result for t in row.content] == ["film", "great", ",", "plot", "not"]
assert row["class"][0].result in ("neg", "pos")
