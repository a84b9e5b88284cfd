"""The code of the card of distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english.

It is unchanged, but for the imports. `card.py` says which model it runs with: a smaller one, unless told otherwise.
"""

from card import *

# --- the card's code
documentAssembler = DocumentAssembler() \
        .setInputCol("text") \
        .setOutputCol("document")

tokenizer = Tokenizer() \
    .setInputCols("document") \
    .setOutputCol("token")

sequenceClassifier_loaded = DistilBertForSequenceClassification.pretrained("distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english","en") \
    .setInputCols(["document", "token"]) \
    .setOutputCol("class")

pipeline = Pipeline(stages=[documentAssembler, tokenizer,sequenceClassifier_loaded])

data = spark.createDataFrame([["PUT YOUR STRING HERE"]]).toDF("text")

result = pipeline.fit(data).transform(data)
# ---

show(result)
