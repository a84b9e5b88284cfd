import nlu
import pandas as pd

texts = ["He was sad", "She was happy", "They were not"]
pipe = nlu.load("en.classify.distilbert_sequence.emotion")
from_list = pipe.predict(texts, output_level="document")
from_series = pipe.predict(pd.Series(texts), output_level="document", positions=True)
print(from_list[["document", "classified_sequence"]])
assert sorted(from_list["document"]) == sorted(texts)
assert sorted(from_list["classified_sequence"]) == sorted(from_series["classified_sequence"])
assert sorted(from_series["classified_sequence_end"]) == sorted(len(text) - 1 for text in texts)
