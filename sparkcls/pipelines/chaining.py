"""The stages of a pipeline as a `Chain`, which classifies texts without annotation columns."""

from __future__ import annotations

from pyspark.ml import Transformer

from sparkcls.rows.chain import Chain, DocumentAssembling, Link
from sparkcls.spark.column_names import Columns
from sparkcls.spark.columns import ColumnMetadata
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.stage import AnnotatorStage
from sparkcls.stages.tokenizer import Tokenizer

#: Columns of the usual stages; what the texts are called is of no matter.
_TEXTS = ("text", "text_pair")
_DOCUMENTS = ("document", "document_pair")


def usual_stages(classifier: SequenceClassifier, texts: int = 1) -> list[Transformer]:
    """The stages around a classifier that read each text as one document. The classifier is copied.

    Parameters
    ----------
    texts
        How many texts a row has: 1, or 2 for pairs.
    """
    assemblers = [
        DocumentAssembler(inputCol=text, outputCol=document)
        for text, document in list(zip(_TEXTS, _DOCUMENTS, strict=True))[:texts]
    ]
    copy = classifier.copy()
    copy.clear(copy.getParam("inputCols"))
    if copy.hasParam("pairCol"):
        copy.clear(copy.getParam("pairCol"))
    copy.setInputCols([*_DOCUMENTS[:texts], "token"])
    return [*assemblers, Tokenizer(inputCols=[_DOCUMENTS[0]], outputCol="token"), copy]


def chain_of(name: str, stages: list[Transformer], exact: bool = False) -> Chain:
    """What a worker needs of the stages. The model is where the driver has it, see `delivered`.

    Parameters
    ----------
    name
        What the function is called, for messages.
    stages
        A pipeline's, up to its classifier; see `text_stages`.
    exact
        Whether upper and lower case make different names of columns.

    Raises
    ------
    ColumnError
        A stage reads a column that no earlier stage makes.
    ParamError, ParamTypeError
        The classifier has no model, or its Params contradict each other.
    """
    *before, classifier = stages
    assert isinstance(classifier, SequenceClassifier)
    texts = texts_read(before, exact)
    metadata: ColumnMetadata = Columns(exact)
    numbers: Columns[int] = Columns(exact)
    links: list[Link] = []
    for number, stage in enumerate(before, len(texts)):
        if isinstance(stage, DocumentAssembler):
            links.append(Link(number, (texts[stage._require("inputCol")],), DocumentAssembling(stage.getCleanupMode())))
        else:
            assert isinstance(stage, AnnotatorStage)
            reads = tuple(numbers[column] for column in stage.match_columns(metadata))
            links.append(Link(number, reads, stage.row_function(metadata)))
        metadata[stage.getOutputCol()] = stage.output_metadata()
        numbers[stage.getOutputCol()] = number
    scoring = classifier._scoring(metadata)
    first, token, *pair = (numbers[column] for column in classifier.match_columns(metadata))
    reads = (first, token, *pair) if scoring.reads_tokens else (first, *pair)
    return Chain(name, len(texts), _needed(links, reads), scoring, reads, tuple(classifier.score_labels()))


def texts_read(stages: list[Transformer], exact: bool = False) -> Columns[int]:
    """The columns of texts that stages read, numbered in order."""
    found: Columns[int] = Columns(exact)
    for stage in stages:
        if isinstance(stage, DocumentAssembler) and stage._require("inputCol") not in found:
            found[stage._require("inputCol")] = len(found)
    return found


def _needed(links: list[Link], reads: tuple[int, ...]) -> tuple[Link, ...]:
    """The links whose columns are read in the end; the others would be work for nothing."""
    needed, kept = set(reads), []
    for link in reversed(links):
        if link.makes in needed:
            needed |= set(link.reads)
            kept.append(link)
    return tuple(reversed(kept))
