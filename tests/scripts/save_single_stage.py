import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
classifier = (
    DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", "en")
    .setInputCols(["document", "token"])
    .setOutputCol("sentiment")
    .setBatchSize(4)
)
classifier.write().overwrite().save("imdb_classifier")
loaded = DistilBertForSequenceClassification.load("imdb_classifier")
print(loaded.uid, loaded.getClasses())
assert loaded.getOutputCol() == "sentiment" and loaded.getBatchSize() == 4
assert sorted(loaded.getClasses()) == sorted(classifier.getClasses()) == ["neg", "pos"]
