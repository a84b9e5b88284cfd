import sparknlp
import sparknlp.annotation
from sparknlp.base import *
from sparknlp.functions import map_annotations_col

spark = sparknlp.start()
data = spark.createDataFrame([["a movie"]]).toDF("text")
documents = DocumentAssembler().setInputCol("text").setOutputCol("document").transform(data)


def shout(annotations):
    # The module itself travels to the worker with this function.
    return [
        sparknlp.annotation.Annotation(a.annotatorType, a.begin, a.end, a.result.upper(), a.metadata, a.embeddings)
        for a in annotations
    ]


(shouted,) = map_annotations_col(documents, shout, "document", "shouted", "document").first().shouted
print(shouted)
assert shouted.result == "A MOVIE"
