import sparknlp
from sparknlp.annotator import Stemmer, Tokenizer
from sparknlp.base import DocumentAssembler, LightPipeline, Pipeline

spark = sparknlp.start()
stemmer = Stemmer().setInputCols(["token"]).setOutputCol("stem")
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        stemmer,
    ]
)
light = LightPipeline(pipeline.fit(spark.createDataFrame([[""]]).toDF("text")))
answer = light.annotate("films rising games")
print(answer["stem"])
assert answer["stem"] == ["film", "rise", "game"]
