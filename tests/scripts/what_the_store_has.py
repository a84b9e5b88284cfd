import contextlib
import io

import sparknlp
from sparknlp.pretrained import ResourceDownloader

spark = sparknlp.start()
table = io.StringIO()
with contextlib.redirect_stdout(table):
    ResourceDownloader.showPublicModels("DistilBertForSequenceClassification", "en")
print(table.getvalue())
assert "distilbert_sequence_classifier_emotion" in table.getvalue()
ResourceDownloader.showPublicPipelines(lang="en")
ResourceDownloader.showAvailableAnnotators()
