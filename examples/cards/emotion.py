"""The code of the card of distilbert_sequence_classifier_emotion.

It is unchanged, but for the imports. `card.py` says which model it runs with: a smaller one, unless told otherwise.
"""

from card import *

# --- the card's code
document_assembler = DocumentAssembler() \
.setInputCol('text') \
.setOutputCol('document')

tokenizer = Tokenizer() \
.setInputCols(['document']) \
.setOutputCol('token')

sequenceClassifier = DistilBertForSequenceClassification \
.pretrained('distilbert_sequence_classifier_emotion', 'en') \
.setInputCols(['token', 'document']) \
.setOutputCol('class') \
.setMaxSentenceLength(512)

pipeline = Pipeline(stages=[
document_assembler, 
tokenizer,
sequenceClassifier    
])

example = spark.createDataFrame([['I like you.']]).toDF("text")
result = pipeline.fit(example).transform(example)
# ---

show(result)
