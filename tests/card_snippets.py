"""The Python snippets of the five public model cards, as they stand there.

Only imports and a session may be added to them: that they run is what sparkcls promises.
"""

SNIPPETS = {
    "distilbert_base_sequence_classifier_ag_news": """\
document_assembler = DocumentAssembler() \\
.setInputCol('text') \\
.setOutputCol('document')

tokenizer = Tokenizer() \\
.setInputCols(['document']) \\
.setOutputCol('token')

sequenceClassifier = DistilBertForSequenceClassification \\
.pretrained('distilbert_base_sequence_classifier_ag_news', 'en') \\
.setInputCols(['token', 'document']) \\
.setOutputCol('class') \\
.setCaseSensitive(True) \\
.setMaxSentenceLength(512)

pipeline = Pipeline(stages=[
document_assembler, 
tokenizer,
sequenceClassifier    
])

example = spark.createDataFrame([['Disney Comics was a comic book publishing company operated by The Walt Disney Company which ran from 1990 to 1993.']]).toDF("text")
result = pipeline.fit(example).transform(example)
""",
    "distilbert_base_sequence_classifier_amazon_polarity": """\
document_assembler = DocumentAssembler() \\
.setInputCol('text') \\
.setOutputCol('document')

tokenizer = Tokenizer() \\
.setInputCols(['document']) \\
.setOutputCol('token')

sequenceClassifier = DistilBertForSequenceClassification \\
.pretrained('distilbert_base_sequence_classifier_amazon_polarity', 'en') \\
.setInputCols(['token', 'document']) \\
.setOutputCol('class') \\
.setCaseSensitive(True) \\
.setMaxSentenceLength(512)

pipeline = Pipeline(stages=[
document_assembler, 
tokenizer,
sequenceClassifier    
])

example = spark.createDataFrame([['I really liked that movie!']]).toDF("text")
result = pipeline.fit(example).transform(example)
""",
    "distilbert_base_sequence_classifier_imdb": """\
document_assembler = DocumentAssembler() \\
.setInputCol('text') \\
.setOutputCol('document')

tokenizer = Tokenizer() \\
.setInputCols(['document']) \\
.setOutputCol('token')

sequenceClassifier = DistilBertForSequenceClassification \\
.pretrained('distilbert_base_sequence_classifier_imdb', 'en') \\
.setInputCols(['token', 'document']) \\
.setOutputCol('class') \\
.setCaseSensitive(True) \\
.setMaxSentenceLength(512)

pipeline = Pipeline(stages=[
document_assembler, 
tokenizer,
sequenceClassifier    
])

example = spark.createDataFrame([['I really liked that movie!']]).toDF("text")
result = pipeline.fit(example).transform(example)
""",
    "distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english": """\
documentAssembler = DocumentAssembler() \\
        .setInputCol("text") \\
        .setOutputCol("document")

tokenizer = Tokenizer() \\
    .setInputCols("document") \\
    .setOutputCol("token")

sequenceClassifier_loaded = DistilBertForSequenceClassification.pretrained("distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english","en") \\
    .setInputCols(["document", "token"]) \\
    .setOutputCol("class")

pipeline = Pipeline(stages=[documentAssembler, tokenizer,sequenceClassifier_loaded])

data = spark.createDataFrame([["PUT YOUR STRING HERE"]]).toDF("text")

result = pipeline.fit(data).transform(data)
""",
    "distilbert_sequence_classifier_emotion": """\
document_assembler = DocumentAssembler() \\
.setInputCol('text') \\
.setOutputCol('document')

tokenizer = Tokenizer() \\
.setInputCols(['document']) \\
.setOutputCol('token')

sequenceClassifier = DistilBertForSequenceClassification \\
.pretrained('distilbert_sequence_classifier_emotion', 'en') \\
.setInputCols(['token', 'document']) \\
.setOutputCol('class') \\
.setMaxSentenceLength(512)

pipeline = Pipeline(stages=[
document_assembler, 
tokenizer,
sequenceClassifier    
])

example = spark.createDataFrame([['I like you.']]).toDF("text")
result = pipeline.fit(example).transform(example)
""",
}
