import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
documentAssembler = DocumentAssembler().setInputCol("text").setOutputCol("document")
tokenizer = Tokenizer().setInputCols("document").setOutputCol("token")
sequenceClassifier_loaded = (
    DistilBertForSequenceClassification.pretrained(
        "distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english", "en"
    )
    .setInputCols(["document", "token"])
    .setOutputCol("class")
)
pipeline = Pipeline(stages=[documentAssembler, tokenizer, sequenceClassifier_loaded])
empty_data = spark.createDataFrame([[""]]).toDF("text")

light_model = LightPipeline(pipeline.fit(empty_data))
annotations = light_model.annotate("The film was really good")
print(annotations)
assert annotations["document"] == ["The film was really good"]
assert annotations["token"] == ["The", "film", "was", "really", "good"]
assert annotations["class"][0] in ("POSITIVE", "NEGATIVE")
