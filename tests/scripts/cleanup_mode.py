import sparknlp
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["  a   film\n\nwith   a\tplot  "]]).toDF("text")
for mode, expected in {
    "disabled": "  a   film\n\nwith   a\tplot  ",
    "shrink": "a film with a plot",
    "inplace": "  a   film  with   a plot  ",
}.items():
    assembler = DocumentAssembler().setInputCol("text").setOutputCol("document").setCleanupMode(mode)
    (document,) = assembler.transform(data).first()["document"]
    print(mode, repr(document.result))
    assert document.result == expected
    assert document.end == len(expected) - 1
