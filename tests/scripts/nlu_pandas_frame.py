import nlu
import pandas as pd

reviews = pd.DataFrame({"text": ["great game", "awful plot"], "stars": [5, 1]})
predictions = nlu.load("classify.distilbert_sequence.amazon_polarity").predict(reviews, output_level="document")
print(predictions.columns.tolist())
assert set(predictions["stars"]) == {1, 5}
assert predictions["classified_sequence"].isin(["positive", "negative"]).all()
