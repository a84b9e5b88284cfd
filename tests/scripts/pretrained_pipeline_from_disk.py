import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *
from sparknlp.pretrained import PretrainedPipeline

spark = sparknlp.start()
data = spark.createDataFrame([["the shares rose"]]).toDF("text")
Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_ag_news", "en")
        .setInputCols(["document", "token"])
        .setOutputCol("class"),
    ]
).fit(data).write().overwrite().save("news_pipeline")

pipeline = PretrainedPipeline.from_disk("news_pipeline")
annotations = pipeline.fullAnnotate("the shares rose")[0]
print(annotations.keys())
assert [t.result for t in annotations["token"]] == ["the", "shares", "rose"]
assert pipeline.annotate("the shares rose")["class"] == [annotations["class"][0].result]
