import nlu
import sparknlp

spark = sparknlp.start()
sdf = spark.createDataFrame([(1, "we won"), (2, "we lost")], "id int, text string")
result = nlu.load("en.classify.distilbert_sequence.emotion").predict(sdf, output_level="document")
print(result[["id", "classified_sequence"]])
assert sorted(result["id"]) == [1, 2]
