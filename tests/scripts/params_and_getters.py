import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
classifier = DistilBertForSequenceClassification.pretrained("distilbert_sequence_classifier_emotion", "en")
classifier.setInputCols(["token", "document"]).setOutputCol("class").setBatchSize(16).setMaxSentenceLength(256)
print(classifier.explainParams())
assert classifier.getBatchSize() == 16
assert classifier.getMaxSentenceLength() == 256
assert classifier.getInputCols() == ["token", "document"]
assert classifier.getOutputCol() == "class"
assert classifier.getOrDefault("batchSize") == 16
assert set(classifier.getClasses()) >= {"sadness", "joy", "love", "anger", "fear", "surprise"}

document = DocumentAssembler().setInputCol("text").setOutputCol("document")
assert document.getOutputCol() == "document"
try:
    classifier.setMaxSentenceLength(513)
except Exception as e:
    print(type(e).__name__, e)
else:
    raise AssertionError("DistilBERT takes 512 pieces at most")
