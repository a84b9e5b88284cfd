import sparknlp
from sparknlp.base import DocumentAssembler

spark = sparknlp.start()
rows = [("t-1", "good", {"source": "web"}), ("t-2", "bad", {"source": "mail"})]
data = spark.createDataFrame(rows, "key string, text string, extra map<string,string>")
assembler = DocumentAssembler().setInputCol("text").setOutputCol("document").setIdCol("key").setMetadataCol("extra")
documents = [row.document[0] for row in assembler.transform(data).orderBy("key").collect()]
print([d.metadata for d in documents])
assert [d.metadata["id"] for d in documents] == ["t-1", "t-2"]
assert [d.metadata["source"] for d in documents] == ["web", "mail"]
