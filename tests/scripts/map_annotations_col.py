import sparknlp
from sparknlp.base import *
from sparknlp.functions import map_annotations_col

spark = sparknlp.start()
data = spark.createDataFrame([["A Really GOOD Film"]]).toDF("text")
documents = DocumentAssembler().setInputCol("text").setOutputCol("document").transform(data)


def lower(annotations):
    return [a.copy(a.result.lower()) for a in annotations]


lowered = map_annotations_col(documents, lower, "document", "lowered", "document")
result = lowered.select("lowered.result").first()[0]
print(result, lowered.schema["lowered"].metadata)
assert result == ["a really good film"]
assert lowered.schema["lowered"].metadata["annotatorType"] == "document"
