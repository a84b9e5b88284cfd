"""A folder that Spark NLP's `save` wrote, or that its store's zip holds: metadata, fields, one engine's file.

metadata/part-00000                       class, uid and Params as one JSON line
fields/vocabulary, fields/labels          maps of str to int, see `javaobjects`
distilbert_classification_tensorflow      zip: saved_model.pb (a bare GraphDef), variables.{index,data-*}
distilbert_classification_onnx            zip: one ONNX file
distilbert_classification_openvino        zip: an .xml and a .bin

The layout and the meaning of Params were learnt from files that Spark NLP 3.4.4 and 5.5.3 wrote.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.formats.archive import extract
from sparkcls.formats.metadata import parse_metadata
from sparkcls.formats.model import ForeignModel
from sparkcls.formats.onnx.reader import read_onnx
from sparkcls.formats.openvino import read_openvino
from sparkcls.formats.settle import Network, settle
from sparkcls.formats.sparknlp.javaobjects import read_map
from sparkcls.formats.tensorflow.reader import read_tensorflow
from sparkcls.formats.weights import StateDict, contiguous
from sparkcls.models.ref import is_folder

CLASS = "com.johnsnowlabs.nlp.annotators.classifier.dl.DistilBertForSequenceClassification"
#: What the class names of its stages begin with.
FOREIGN = "com.johnsnowlabs."
#: By the JVM; and by Python, for a pipeline that holds a pipeline.
PIPELINE_CLASSES = ("org.apache.spark.ml.PipelineModel", "pyspark.ml.pipeline.PipelineModel")
FILE = "distilbert_classification_"
_MOST_METADATA = 16 << 20
_EXTERNAL = ("_data", ".data")

#: Params that mean the same here. Columns are the user's, batchSize and engine are the JVM's business.
CARRIED = ("caseSensitive", "maxSentenceLength", "coalesceSentences", "activation", "multilabel", "threshold")


def is_saved_stage(folder: Path) -> bool:
    """Whether a folder looks like a stage that Spark ML saved."""
    return is_folder(folder / "metadata")


def read_metadata(folder: Path) -> dict[str, Any]:
    """The metadata of a saved stage or pipeline.

    Raises
    ------
    ModelFormatError
        There is none, or it is no JSON object with a class.
    """
    parts = sorted((folder / "metadata").glob("part-*"))
    try:
        if sum(part.stat().st_size for part in parts) > _MOST_METADATA:
            raise ValueError(f"it has over {_MOST_METADATA} bytes")
        line = next((t for t in (p.read_text(encoding="utf-8").strip() for p in parts) if t), "")
    except (OSError, ValueError) as e:
        raise ModelFormatError(f"{folder / 'metadata'} cannot be read ({e})") from e
    return parse_metadata(line, str(folder / "metadata"))


def stage_folders(folder: Path, metadata: dict[str, Any]) -> list[Path]:
    """The folders of a saved pipeline's stages, in order.

    Raises
    ------
    ModelFormatError
        The metadata does not list them, or one is missing.
    """
    params = metadata.get("paramMap")
    uids = params.get("stageUids") if isinstance(params, dict) else None
    # Each becomes part of a path.
    if not isinstance(uids, list) or not all(isinstance(uid, str) and not set(uid) & set("/\\\0") for uid in uids):
        raise ModelFormatError(f"{folder / 'metadata'} lists no stageUids; is it a fitted pipeline?")
    # Spark ML pads the number with zeros to the width of the largest.
    width = len(str(len(uids)))
    folders = [folder / "stages" / f"{i:0{width}d}_{uid}" for i, uid in enumerate(uids)]
    missing = [str(f) for f in folders if not is_saved_stage(f)]
    if missing:
        raise ModelFormatError(f"The pipeline in {folder} lacks {', '.join(missing[:5])}; copy it again")
    return folders


def read_saved_model(folder: Path, heads: int | None = None) -> ForeignModel:
    """A classifier that Spark NLP saved.

    Raises
    ------
    ModelFormatError
        It is of another class, incomplete or corrupt; the message names the file.
    """
    metadata = read_metadata(folder)
    if metadata["class"] in PIPELINE_CLASSES:
        raise ModelFormatError(
            f"{folder} holds a pipeline; read it with sparkcls.pretrained.importPipeline, which keeps all its stages"
        )
    if metadata["class"] != CLASS:
        raise ModelFormatError(
            f"{folder} holds a {metadata['class']}; only DistilBertForSequenceClassification can be read"
        )
    labels = read_map(folder / "fields" / "labels")
    vocabulary = read_map(folder / "fields" / "vocabulary")
    for name, field in (("labels", labels), ("vocabulary", vocabulary)):
        if not field:
            raise ModelFormatError(f"{folder / 'fields' / name} is missing or empty; fetch or save the model again")
        if not all(isinstance(i, int) for i in field.values()):
            raise ModelFormatError(f"{folder / 'fields' / name} maps to something else than numbers; it is corrupt")
    by_index = {i: label for label, i in labels.items()}
    if sorted(by_index) != list(range(len(labels))):
        raise ModelFormatError(f"{folder / 'fields' / 'labels'} does not number its labels from 0: {labels}")
    params = _params(metadata)
    engines = [e for e in ("tensorflow", "onnx", "openvino") if (folder / (FILE + e)).is_file()]
    if not engines:
        raise ModelFormatError(f"{folder} has no file {FILE}tensorflow, {FILE}onnx or {FILE}openvino; copy it again")
    stated = params.pop("engine", engines[0])
    engine = stated if stated in engines else engines[0]
    state, config = _read_engine(folder, engine, heads)
    return ForeignModel(
        state=state,
        labels=[by_index[i] for i in range(len(labels))],
        vocabulary=vocabulary,
        params={name: params[name] for name in CARRIED if name in params},
        config=config,
        engine=engine,
    )


def _params(metadata: dict[str, Any]) -> dict[str, Any]:
    maps = [metadata.get(key) or {} for key in ("defaultParamMap", "paramMap")]
    if not all(isinstance(m, dict) for m in maps):
        raise ModelFormatError("the metadata of a saved stage has Params that are no object")
    return {**maps[0], **maps[1]}


def _read_engine(folder: Path, engine: str, heads: int | None) -> tuple[StateDict, dict[str, Any]]:
    """The weights in an engine's zip, and what config.json is to say of the network."""
    archive = folder / (FILE + engine)
    with tempfile.TemporaryDirectory(prefix="sparkcls-") as temporary:
        inner = Path(temporary)
        try:
            network = _network(folder, engine, archive, inner)
            # Here, because the files that the weights are mapped from are gone afterwards.
            return contiguous(network.state), settle(network, {}, heads)
        except ModelFormatError as e:
            raise ModelFormatError(str(e).replace(str(inner), str(archive))) from e


def _network(folder: Path, engine: str, archive: Path, inner: Path) -> Network:
    """The network in an engine's zip, unpacked into `inner`."""
    files = extract(archive, inner)
    if engine == "tensorflow":
        signature = {k: v for k, v in read_map(folder / "fields" / "signatures").items() if isinstance(v, str)}
        return read_tensorflow(inner / "variables", inner / "saved_model.pb", False, signature)
    if engine == "onnx":
        return read_onnx(_onnx_file(files, archive), folder)
    return read_openvino(files, str(archive))


def _onnx_file(files: list[Path], archive: Path) -> Path:
    """The model among the files of a zip: the .onnx, else the largest; the others are its weights."""
    candidates = [f for f in files if f.suffix == ".onnx"] or [f for f in files if not f.name.endswith(_EXTERNAL)]
    if not candidates:
        raise ModelFormatError(f"{archive} holds no ONNX model; fetch or copy it again")
    return max(candidates, key=lambda f: f.stat().st_size)
