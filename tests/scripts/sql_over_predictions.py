import sparknlp
from sparknlp.annotator import *
from sparknlp.base import *

spark = sparknlp.start()
data = spark.createDataFrame([(1, "good film"), (2, "awful film"), (3, "fine")], "id int, text string")
pipeline = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", "en")
        .setInputCols(["document", "token"])
        .setOutputCol("class"),
    ]
)
pipeline.fit(data).transform(data).createOrReplaceTempView("predictions")
table = spark.sql("""
    SELECT id, c.result AS label, CAST(c.metadata['pos'] AS DOUBLE) AS score
    FROM predictions LATERAL VIEW explode(class) AS c
    ORDER BY id
""")
table.show()
assert [row.id for row in table.collect()] == [1, 2, 3]
assert all((row.score > 0.5) == (row.label == "pos") for row in table.collect())
