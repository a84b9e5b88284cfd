import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["This is a story. This is a plot. This is a game."]]).toDF("text")
sentence_detector = SentenceDetector().setInputCols(["document"]).setOutputCol("sentence").setExplodeSentences(True)
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        sentence_detector,
        Tokenizer().setInputCols(["sentence"]).setOutputCol("token"),
    ]
)
exploded = pipeline.fit(data).transform(data)
print(exploded.count(), "rows")
assert exploded.count() == 3
assert sorted(r[0][0] for r in exploded.select("sentence.result").collect()) == [
    "This is a game.",
    "This is a plot.",
    "This is a story.",
]
