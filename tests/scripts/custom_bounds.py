import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
text = "This is a sentence. This one uses custom bounds; As is this one;"
documentAssembler = DocumentAssembler().setInputCol("text").setOutputCol("document")
sentence = (
    SentenceDetector()
    .setInputCols(["document"])
    .setOutputCol("sentence")
    .setCustomBounds([r"\.", ";"])
    .setUseCustomBoundsOnly(True)
)
model = Pipeline(stages=[documentAssembler, sentence]).fit(spark.createDataFrame([[""]]).toDF("text"))
found = LightPipeline(model).annotate(text)["sentence"]
print(found)
assert found == ["This is a sentence", "This one uses custom bounds", "As is this one"]
