from nlu import load

pipe = load("en.classify.distil_bert.glue.uncased_base_finetuned", verbose=True)
sentences = pipe.predict("The film was great. The story was bad.", output_level="sentence")
documents = pipe.predict("The film was great. The story was bad.", output_level="document")
print(sentences[["sentence", "classified_sequence"]].to_string())
assert len(sentences) == 2 and len(documents) == 1
assert "sentence" in sentences and "document" in documents
