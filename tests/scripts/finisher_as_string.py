import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["we won the game, we loved it"]]).toDF("text")
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        Finisher()
        .setInputCols(["token"])
        .setOutputCols(["words"])
        .setOutputAsArray(False)
        .setAnnotationSplitSymbol(" | "),
    ]
)
words = pipeline.fit(data).transform(data).first()["words"]
print(words)
assert words == "we | won | the | game | , | we | loved | it"
