import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([["Hello, I won't be from New York-city (and you know it)."]]).toDF("text")
tokenizer = Tokenizer().setInputCols(["document"]).setOutputCol("token").setExceptions(["New York"]).addSplitChars("-")
pipeline = Pipeline(stages=[DocumentAssembler().setInputCol("text").setOutputCol("document"), tokenizer])
tokens = pipeline.fit(data).transform(data).select("token.result").first()[0]
print(tokens)
assert tokens[:6] == ["Hello", ",", "I", "won't", "be", "from"]
assert tokens[-6:] == ["(", "and", "you", "know", "it", ")."]
