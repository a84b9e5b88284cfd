"""`NLUPipeline`: assembler, sentence detector, tokenizer and classifiers, called at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from pyspark.ml import PipelineModel, Transformer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkcls.annotation import Annotation
from sparkcls.errors import ColumnError, ParamError, ParamTypeError, PartError
from sparkcls.light import LightPipeline
from sparkcls.nlu.frames import LEVELS, TEXT, Layout, Result, to_frame, to_texts
from sparkcls.pipelines.steps import is_of_user
from sparkcls.spark.columns import column_metadata
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.params import setter
from sparkcls.stages.sentence_detector import SentenceDetector
from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.snapshot import Snapshot
from sparkcls.stages.tokenizer import Tokenizer

CATEGORY = "category"
LABEL = "classified_sequence"

#: Params of the parts that the pipeline sets itself.
_OWN = ("inputCol", "inputCols", "outputCol", "model")
#: Arguments of nlu's `predict` that have nothing to act on here, and the values that ask for nothing.
_IDLE: dict[str, tuple[Any, ...]] = {"output_path": ("", None), "parser_output": (False,), "parser_config": ("", None)}


class NLUPipeline(Mapping[str, Transformer]):
    """The pipeline of one or more classifiers, and a mapping of its parts: ``document_assembler``, ``tokenizer`` and
    ``classifier`` (of several ``classifier_<id>``). Params that are set on a part count from the next `predict` on.

    Parameters
    ----------
    classifiers
        Stages with a model, by nlu's id, which ends the names of their columns; ``""`` for a single one. Their
        columns are set here; their other Params may be changed at any time.
    """

    def __init__(self, classifiers: Mapping[str, SequenceClassifier]):
        self._columns = {CATEGORY + (f"_{id_}" if id_ else ""): id_ for id_ in classifiers}
        self.classifiers = [
            stage.setInputCols(["token", "document"]).setOutputCol(column)
            for column, stage in zip(self._columns, classifiers.values(), strict=True)
        ]
        self._parts: dict[str, Transformer] = {
            "document_assembler": DocumentAssembler(inputCol=TEXT, outputCol="document"),
            "tokenizer": Tokenizer(inputCols=["document"], outputCol="token"),
            **{c.replace(CATEGORY, "classifier", 1): s for c, s in zip(self._columns, self.classifiers, strict=True)},
        }
        #: By level: what the parts' Params were, and the pipeline that was made of them.
        self._light: dict[str, tuple[list[Snapshot], LightPipeline]] = {}
        #: The pipeline of whole documents, for use with Spark, and for single texts.
        self.vanilla_transformer_pipe = self._pipeline("document")
        self.light_transformer_pipe = LightPipeline(self.vanilla_transformer_pipe)

    def __getitem__(self, key: str) -> Any:
        if key not in self._parts:
            raise PartError(f"NLUPipeline[{key!r}]: its parts are {', '.join(self._parts)}")
        return self._parts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def classifier(self) -> SequenceClassifier:
        """The first classifier."""
        return self.classifiers[0]

    def __getstate__(self) -> dict[str, Any]:
        """All but what belongs to this process."""
        return self.__dict__ | {"_light": {}}

    def _light_pipeline(self, level: str) -> LightPipeline:
        """The pipeline of a level on plain strings, made once for each state of the parts' Params."""
        if any(map(is_of_user, self.values())):
            return LightPipeline(self._pipeline(level))
        known = self._light.get(level)
        if known is None or not all(snapshot.holds() for snapshot in known[0]):
            snapshots = [Snapshot(part) for part in self.values()]
            made = LightPipeline(self._pipeline(level, [snapshot.stage for snapshot in snapshots]))
            known = self._light[level] = snapshots, made
        return known[1]

    def _pipeline(self, level: str, parts: Sequence[Any] = ()) -> PipelineModel:
        stages: Sequence[Any] = parts or [*self.values()]
        assembler, tokenizer, *classifiers = stages
        if level != "sentence":
            return PipelineModel([assembler, tokenizer, *classifiers])
        # Copies: the columns of the user's own stages stay those of documents.
        classifiers = [stage.copy().setInputCols(["token", "sentence"]) for stage in classifiers]
        tokenizer = tokenizer.copy().setInputCols(["sentence"])
        detector = SentenceDetector(inputCols=["document"], outputCol="sentence")
        return PipelineModel([assembler, detector, tokenizer, *classifiers])

    def fit(self, dataset: Any = None, **unused: Any) -> NLUPipeline:
        """Nothing is learned from data: gives the pipeline itself."""
        return self

    def print_info(self, minimal: bool = True) -> None:
        """Print the parts and what can be set on each, with the values in force.

        Parameters
        ----------
        minimal
            False adds what each Param means.
        """
        for key, part in self.items():
            print(f"pipe[{key!r}]  # {type(part).__name__}")  # noqa: T201
            for param in part.params:
                if param.name in _OWN or not hasattr(part, setter(param.name)):
                    continue
                value = part.getOrDefault(param) if part.isDefined(param) else None
                print(f"    .{setter(param.name)}({value!r})" + ("" if minimal else f"  # {param.doc}"))  # noqa: T201

    def save(self, path: str, component: str = "entire_pipeline", overwrite: bool = False) -> None:
        """Save the pipeline of whole documents, with its models, as ``PipelineModel.save`` does.

        ``nlu.load(path=path)``, `LightPipeline.load` and ``PipelineModel.load`` read it.

        Parameters
        ----------
        component
            The whole by default, else one of the parts.
        overwrite
            Whether what is there may be replaced.

        Raises
        ------
        PartError
            There is no such part.
        """
        saved = self.vanilla_transformer_pipe if component == "entire_pipeline" else self[component]
        _session()
        writer = saved.write()
        (writer.overwrite() if overwrite else writer).save(path)

    def predict(
        self,
        data: Any,
        output_level: str = "",
        positions: bool = False,
        keep_stranger_features: bool = True,
        metadata: bool = False,
        multithread: bool = True,
        drop_irrelevant_cols: bool = True,
        return_spark_df: bool = False,
        get_embeddings: bool = True,
        **unused: Any,
    ) -> pd.DataFrame | DataFrame:
        """Classify texts.

        Parameters
        ----------
        data
            A str, a list or tuple of str, a one-dimensional array, a Series, a pandas or Spark DataFrame with a
            column ``text`` (a pandas one without it: its first column). Spark DataFrames are scored in Spark.
        output_level
            ``document`` (also ``""``): one row per text. ``sentence``: one per sentence, split by the rules of
            `SentenceDetector`. ``token``: one per token, with what was said about its document. The rows of one
            text have its index; a text without sentences or tokens has one row.
        positions
            Whether to add ``_begin`` and ``_end`` columns, of the label and of the level.
        keep_stranger_features
            Whether to keep the columns of a DataFrame besides ``text``.
        metadata
            Whether to add ``classified_sequence_origin_sentence``, every label's probability as
            ``classified_sequence_<label>`` (which nlu drops), and other metadata such as
            ``classified_sequence_truncated`` where there are any.
        drop_irrelevant_cols
            False adds the texts of other levels: ``document``, and ``token`` as lists.
        return_spark_df
            Whether to give a Spark DataFrame with annotation columns.
        multithread, get_embeddings
            Accepted for nlu's callers; they change nothing here.
        unused
            ``partition`` likewise; other arguments of nlu with their defaults only.

        Returns
        -------
        A pandas DataFrame, columns sorted by name, rows in the order given, with the level's text,
        ``classified_sequence`` (the label, None where there is nothing to classify) and
        ``classified_sequence_confidence`` (the largest probability of a label).

        Raises
        ------
        ParamTypeError
            Data of another type, or an unknown argument.
        ParamError
            An unknown level.
        ColumnError
            A DataFrame without texts.
        """
        _check(output_level, unused)
        level = output_level or LEVELS[0]
        column = TEXT
        if isinstance(data, DataFrame):
            found = column_metadata(data).actual(TEXT)
            if found is None:
                raise ColumnError(f"predict: the DataFrame has no column 'text'; it has {', '.join(data.columns)}")
            column = found
        if return_spark_df:
            return self._pipeline(level).transform(data if isinstance(data, DataFrame) else _to_spark(data))
        names = (LABEL + column.removeprefix(CATEGORY) for column in self._columns)
        classes = {c: (n, s.score_labels()) for c, n, s in zip(self._columns, names, self.classifiers, strict=True)}
        layout = Layout(level, classes, positions, metadata, all_levels=not drop_irrelevant_cols)
        results: Sequence[Result]
        if isinstance(data, DataFrame):
            kept, results = _score_in_spark(data, column, self._pipeline(level), layout)
        else:
            kept = to_frame(data)
            results = self._light_pipeline(level).fullAnnotate(to_texts(kept[TEXT]))
            if not isinstance(data, pd.DataFrame):
                kept = kept[[]]
        if not keep_stranger_features:
            kept = kept[[c for c in kept.columns if c == column]]
        return layout.frame(kept, results)


def _check(output_level: str, unused: Mapping[str, Any]) -> None:
    if output_level not in ("", *LEVELS):
        why = "; no model here makes any, see docs/migrating.md" if output_level in ("chunk", "relation") else ""
        raise ParamError(f"predict(output_level={output_level!r}): expected one of {', '.join(LEVELS)}{why}")
    for name, value in unused.items():
        if name == "partition":
            continue
        if name not in _IDLE:
            raise ParamTypeError(f"predict: unknown argument {name}={value!r}; see help(NLUPipeline.predict)")
        if value not in _IDLE[name]:
            raise ParamError(f"predict({name}={value!r}): sparkcls has nothing like it; leave it out")


def _score_in_spark(
    data: DataFrame, column: str, pipeline: PipelineModel, layout: Layout
) -> tuple[pd.DataFrame, Sequence[Result]]:
    """The frame's columns in pandas, and annotations of the texts in one, in the order in which it collects."""
    # By position: names of the frame may be those of the pipeline's columns, or twice there.
    names = list(data.columns)
    places = [f"_{i}" for i in range(len(names))]
    frame = data.toDF(*places)
    scored = pipeline.transform(frame.withColumn(TEXT, F.col(places[names.index(column)])))
    needed = {layout.level, *layout.classes} | ({"document", "token"} if layout.all_levels else set())
    # As JSON, because how toPandas gives arrays of structs depends on the version and on confs.
    columns = {name: f"_json_{i}" for i, name in enumerate(sorted(needed))}
    collected = scored.select(*places, *(F.to_json(name).alias(alias) for name, alias in columns.items())).toPandas()
    kept = collected[places].set_axis(names, axis=1)
    lists = [[_annotations(text) for text in collected[alias]] for alias in columns.values()]
    return kept, [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def _annotations(text: str | None) -> list[Annotation]:
    fields = json.loads(text) if text else []
    return [
        Annotation(f.get("annotatorType", ""), f["begin"], f["end"], f.get("result"), f.get("metadata") or {})
        for f in fields
    ]


def _session() -> SparkSession:
    """The active session, else a new one."""
    from sparkcls import start

    return start()


def _to_spark(data: Any) -> DataFrame:
    frame = to_frame(data)
    texts = to_texts(frame[TEXT])
    spark = _session()
    if isinstance(data, pd.DataFrame):
        return spark.createDataFrame(frame.assign(**{TEXT: pd.Series(texts, index=frame.index, dtype=object)}))
    return spark.createDataFrame([(text,) for text in texts], f"{TEXT} string")
