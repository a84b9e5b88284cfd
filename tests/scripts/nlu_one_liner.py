import nlu

df = nlu.load("en.classify.distilbert_sequence.imdb").predict("I really liked that movie!")
print(df)
assert df["classified_sequence"].iloc[0] in ("neg", "pos")
assert 0.5 <= df["classified_sequence_confidence"].iloc[0] <= 1
