import sparknlp
from pyspark.ml import Pipeline
from sparknlp.annotation import Annotation
from sparknlp.annotator.classifier_dl import DistilBertForSequenceClassification
from sparknlp.annotator.sentence.sentence_detector import SentenceDetector
from sparknlp.annotator.token.tokenizer import Tokenizer
from sparknlp.base.document_assembler import DocumentAssembler
from sparknlp.base.light_pipeline import LightPipeline

spark = sparknlp.start()
empty = spark.createDataFrame([[""]]).toDF("text")
model = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        SentenceDetector().setInputCols(["document"]).setOutputCol("sentence"),
        Tokenizer().setInputCols(["sentence"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_amazon_polarity")
        .setInputCols(["sentence", "token"])
        .setOutputCol("class"),
    ]
).fit(empty)
(answer,) = LightPipeline(model).fullAnnotate("The plot was awful. The game was great.")
assert all(isinstance(a, Annotation) for a in answer["class"])
print([a.result for a in answer["class"]])
assert len(answer["class"]) == len(answer["sentence"]) == 2
