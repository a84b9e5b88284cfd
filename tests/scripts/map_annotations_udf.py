import sparknlp
from sparknlp.annotation import Annotation
from sparknlp.annotator import *
from sparknlp.base import *
from sparknlp.functions import map_annotations, map_annotations_strict

spark = sparknlp.start()
data = spark.createDataFrame([["he is not sad"]]).toDF("text")
result = (
    Pipeline(
        stages=[
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        ]
    )
    .fit(data)
    .transform(data)
)

initials = map_annotations(lambda annotations: [a.copy(a.result[0]) for a in annotations], Annotation.arrayType())
negated = map_annotations_strict(
    lambda annotations: [
        Annotation("token", a.begin, a.end, "NOT", a.metadata, a.embeddings) for a in annotations if a.result == "not"
    ]
)
row = result.select(initials("token").alias("initials"), negated("token").alias("negated")).first()
print(row)
assert [a.result for a in row.initials] == ["h", "i", "n", "s"]
assert [(a.begin, a.end, a.result) for a in row.negated] == [(6, 8, "NOT")]
