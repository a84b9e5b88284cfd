"""`nlu.load(ref).predict(data)`: the one-liner of the model cards.

One row comes back per text, in the order given: the level is the document (nlu's default splits texts
into sentences with a deep-learning detector and loses the order). Column names are nlu's.
"""

from __future__ import annotations

import difflib
from typing import Any

import pandas as pd
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame

from sparkcls.annotation import Annotation
from sparkcls.errors import ColumnError, ModelNotFoundError, ParamTypeError
from sparkcls.light import LightPipeline
from sparkcls.models.cards import CARDS
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.distilbert import DistilBertForSequenceClassification
from sparkcls.stages.tokenizer import Tokenizer

#: nlu's reference of each model.
REFERENCES = {card.nlu: name for name, card in CARDS.items()}

TEXT = "text"


def load(request: str) -> NLUPipeline:
    """The pipeline of a reference such as ``en.classify.distilbert_sequence.imdb``.

    ``en.`` may be left out.

    Raises
    ------
    ModelNotFoundError
        The reference is unknown, or its model is not on this machine.
    """
    if not isinstance(request, str):
        raise ParamTypeError(f"nlu.load takes a reference as str, got {request!r}")
    reference = request.strip()
    name = REFERENCES.get(reference) or REFERENCES.get(f"en.{reference}")
    if name is None:
        near = difflib.get_close_matches(reference, REFERENCES, n=3) or sorted(REFERENCES)
        raise ModelNotFoundError(f"nlu.load: no reference {reference!r}; the nearest are {', '.join(near)}")
    return NLUPipeline(DistilBertForSequenceClassification.pretrained(name, "en"))


class NLUPipeline:
    """DocumentAssembler, Tokenizer and a classifier, called at once.

    Parameters
    ----------
    classifier
        A stage with a model; its columns are set here.
    """

    def __init__(self, classifier: DistilBertForSequenceClassification):
        self.classifier = classifier.setInputCols(["token", "document"]).setOutputCol("category")
        assembler = DocumentAssembler(inputCol=TEXT, outputCol="document")
        tokenizer = Tokenizer(inputCols=["document"], outputCol="token")
        self.vanilla_transformer_pipe = PipelineModel([assembler, tokenizer, self.classifier])
        self.light_transformer_pipe = LightPipeline(self.vanilla_transformer_pipe)

    def predict(self, data: Any, positions: bool = False, return_spark_df: bool = False) -> pd.DataFrame | DataFrame:
        """Classify texts.

        Parameters
        ----------
        data
            A str, a list of str, a Series, a pandas or Spark DataFrame with a column ``text`` (a pandas
            one without it: its first column). Other columns of a DataFrame are kept.
        positions
            Whether to add ``classified_sequence_begin`` and ``classified_sequence_end``.
        return_spark_df
            Whether a Spark DataFrame gives the Spark DataFrame with annotation columns.

        Returns
        -------
        A pandas DataFrame, columns sorted by name, rows in the order given, with ``document``,
        ``classified_sequence`` (the label, None where there is nothing to classify) and
        ``classified_sequence_confidence`` (the largest probability).

        Raises
        ------
        ParamTypeError
            Data of another type.
        ColumnError
            A DataFrame without texts.
        """
        if isinstance(data, DataFrame):
            if TEXT not in data.columns:
                raise ColumnError(f"predict: the DataFrame has no column 'text'; it has {', '.join(data.columns)}")
            if return_spark_df:
                return self.vanilla_transformer_pipe.transform(data)
            data = data.toPandas()
        frame = _to_frame(data)
        texts = [text if isinstance(text, str) else None for text in frame[TEXT]]
        results = self.light_transformer_pipe.fullAnnotate(texts)
        labels = self.classifier.getClasses()
        columns = [_columns(r["document"], r["category"], labels, positions) for r in results]
        added = pd.DataFrame(columns, index=frame.index, columns=_names(positions))
        replaced = [c for c in added.columns if c in frame.columns]
        kept = frame.drop(columns=replaced) if isinstance(data, pd.DataFrame) else frame[[]]
        joined = pd.concat([kept, added], axis=1)
        return joined[sorted(joined.columns, key=str)]


def _names(positions: bool) -> list[str]:
    names = ["document", "classified_sequence", "classified_sequence_confidence"]
    return names + (["classified_sequence_begin", "classified_sequence_end"] if positions else [])


def _columns(
    documents: list[Annotation], categories: list[Annotation], labels: list[str], positions: bool
) -> dict[str, Any]:
    row: dict[str, Any] = {"document": documents[0].result if documents else None}
    if categories:
        best = categories[0]
        scores = [float(best.metadata[label]) for label in labels if label in best.metadata]
        row["classified_sequence"] = best.result
        row["classified_sequence_confidence"] = max(scores) if scores else None
        if positions:
            row["classified_sequence_begin"], row["classified_sequence_end"] = best.begin, best.end
    return row


def _to_frame(data: Any) -> pd.DataFrame:
    """The data as a pandas DataFrame with a column of texts."""
    if isinstance(data, str):
        data = [data]
    if isinstance(data, list):
        return pd.DataFrame({TEXT: pd.Series(data, dtype=object)})
    if isinstance(data, pd.Series):
        return pd.DataFrame({TEXT: data.astype(object)})
    if isinstance(data, pd.DataFrame):
        if data.shape[1] == 0:
            raise ColumnError("predict: the DataFrame has no columns")
        return data if TEXT in data.columns else data.rename(columns={data.columns[0]: TEXT})
    raise ParamTypeError(
        f"predict takes a str, a list of str, a pandas Series or DataFrame, or a Spark DataFrame; got {type(data)}"
    )
