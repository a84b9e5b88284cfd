import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *
from sparknlp.functions import *

spark = sparknlp.start()
data = spark.createDataFrame([["we won the game"], ["no"]]).toDF("text")
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
long_rows = filter_by_annotations_col(result, lambda annotations: len(annotations) > 2, "token")
tokens = explode_annotations_col(long_rows, "token", "token")
tokens.select("token.result", "token.begin").show()
assert [row[0] for row in tokens.select("token.result").collect()] == ["we", "won", "the", "game"]
