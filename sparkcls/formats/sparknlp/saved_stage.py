"""A folder that Spark NLP's `save` wrote, or that its store's zip holds: metadata, fields, one engine's file.

metadata/part-00000                       class, uid and Params as one JSON line
fields/vocabulary, fields/labels          maps of str to int, see `javaobjects`
fields/merges                             map of pairs of str to int, of families with byte pairs
<family>_spp                              SentencePiece's model, in place of the vocabulary
<family>_classification_tensorflow        zip: saved_model.pb (a bare GraphDef), variables.{index,data-*}
<family>_classification_onnx              zip: one ONNX file
<family>_classification_openvino          zip: an .xml and a .bin

The layout and the meaning of Params were learnt from files that Spark NLP 3.4.4 and 5.5.3 wrote.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Family
from sparkcls.families.pieces import BYTE_PAIRS, UNIGRAM
from sparkcls.families.registry import FAMILIES, family_of_class
from sparkcls.formats.archive import extract
from sparkcls.formats.messages import read_file
from sparkcls.formats.metadata import metadata_line, parse_metadata
from sparkcls.formats.model import ForeignModel
from sparkcls.formats.names import StateDict, contiguous
from sparkcls.formats.network import Network, readable
from sparkcls.formats.onnx.reader import read_onnx
from sparkcls.formats.openvino import read_openvino
from sparkcls.formats.pieces import of_sentencepiece, of_vocabulary
from sparkcls.formats.reference.networks import NETWORKS
from sparkcls.formats.settle import settle
from sparkcls.formats.sparknlp.javaobjects import read_map, read_ranks
from sparkcls.formats.tensorflow.reader import read_tensorflow
from sparkcls.models.ref import is_folder

PACKAGE = "com.johnsnowlabs.nlp.annotators.classifier.dl."
#: What its classes of classifiers end with. Zero-shot ones are the same networks, in files of the same names.
_SEQUENCE = "ForSequenceClassification"
#: What the names of its classes begin with.
OF_SPARK_NLP = "com.johnsnowlabs."
#: By the JVM; and by Python, for a pipeline that holds a pipeline.
PIPELINE_CLASSES = ("org.apache.spark.ml.PipelineModel", "pyspark.ml.pipeline.PipelineModel")
#: What files of a class begin with, where that is not its name in lower case.
_FILES = {"XlmRoBerta": "xlm_roberta"}
_EXTERNAL = ("_data", ".data")

#: Params that mean the same here. Columns are the user's, batchSize and engine are the JVM's business.
CARRIED = ("caseSensitive", "maxSentenceLength", "coalesceSentences", "activation", "multilabel", "threshold")
#: And those of a zero-shot classifier beside them.
CARRIED_ZERO_SHOT = ("candidateLabels", "entailmentIdParam", "contradictionIdParam")


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
    return parse_metadata(metadata_line(folder), str(folder / "metadata"))


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


def family_of_saved(name: str) -> tuple[Family, bool] | None:
    """The family of a class of Spark NLP, and whether it is zero-shot; None if it is no classifier's."""
    short = name.removeprefix(PACKAGE)
    family = family_of_class(short)
    return (family, short == family.zero_shot) if family and name.startswith(PACKAGE) else None


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
    found = family_of_saved(metadata["class"])
    if found is None:
        known = ", ".join(f.spark_nlp for f in FAMILIES.values() if f.spark_nlp and f.network in NETWORKS)
        raise ModelFormatError(
            f"{folder} holds a {metadata['class']}; only {known} can be read. Of another classifier load the Hugging "
            "Face folder"
        )
    family, zero_shot = found
    family = readable(family, str(folder))
    params = _params(metadata)
    carried = CARRIED + CARRIED_ZERO_SHOT if zero_shot else CARRIED
    stem = _stem(family)
    files = {e: folder / f"{stem}_classification_{e}" for e in ("tensorflow", "onnx", "openvino")}
    engines = [engine for engine, file in files.items() if file.is_file()]
    labels = _numbers(folder, "labels")
    by_index = {i: label for label, i in labels.items()}
    if sorted(by_index) != list(range(len(labels))):
        raise ModelFormatError(f"{folder / 'fields' / 'labels'} does not number its labels from 0: {labels}")
    if not engines:
        names = [file.name for file in files.values()]
        raise ModelFormatError(f"{folder} has no file {names[0]}, {names[1]} or {names[2]}; copy it again")
    stated = params.pop("engine", engines[0])
    engine = stated if stated in engines else engines[0]
    state, config = _read_engine(folder, family, engine, files[engine], heads)
    return ForeignModel(
        family=family,
        state=state,
        labels=[by_index[i] for i in range(len(labels))],
        config=config,
        files=_tokenizer(folder, family, stem, len(state["embeddings.word.weight"])),
        params={name: params[name] for name in carried if name in params},
    )


def _stem(family: Family) -> str:
    """What the names of a class's files begin with."""
    name = (family.spark_nlp or "").removesuffix(_SEQUENCE)
    return _FILES.get(name, name.lower())


def _tokenizer(folder: Path, family: Family, stem: str, size: int) -> dict[str, bytes]:
    """The files of the tokenizer."""
    if family.pieces.kind == UNIGRAM:
        file = folder / f"{stem.replace('xlm_', 'xlm')}_spp"
        if not file.is_file():
            raise ModelFormatError(f"{folder} has no file {file.name}; copy it again")
        return of_sentencepiece(family, read_file(file), str(file))
    merges = read_ranks(folder / "fields" / "merges") if family.pieces.kind == BYTE_PAIRS else []
    return of_vocabulary(family, _numbers(folder, "vocabulary"), merges, size, str(folder))


def _numbers(folder: Path, name: str) -> dict[str, int]:
    """A field that maps str to int."""
    field = read_map(folder / "fields" / name)
    if not field:
        raise ModelFormatError(f"{folder / 'fields' / name} is missing or empty; fetch or save the model again")
    if not all(isinstance(i, int) for i in field.values()):
        raise ModelFormatError(f"{folder / 'fields' / name} maps to something else than numbers; it is corrupt")
    return field


def _params(metadata: dict[str, Any]) -> dict[str, Any]:
    maps = [metadata.get(key) or {} for key in ("defaultParamMap", "paramMap")]
    if not all(isinstance(m, dict) for m in maps):
        raise ModelFormatError("the metadata of a saved stage has Params that are no object")
    return {**maps[0], **maps[1]}


def _read_engine(
    folder: Path, family: Family, engine: str, archive: Path, heads: int | None
) -> tuple[StateDict, dict[str, Any]]:
    """The weights in an engine's zip, and what config.json is to say of the network."""
    with tempfile.TemporaryDirectory(prefix="sparkcls-") as temporary:
        inner = Path(temporary)
        try:
            network = _network(folder, family, engine, archive, inner)
            # Here, because the files that the weights are mapped from are gone afterwards.
            return contiguous(network.state), network.config | settle(network, {}, heads)
        except ModelFormatError as e:
            raise ModelFormatError(str(e).replace(str(inner), str(archive))) from e


def _network(folder: Path, family: Family, engine: str, archive: Path, inner: Path) -> Network:
    """The network in an engine's zip, unpacked into `inner`."""
    files = extract(archive, inner)
    if engine == "tensorflow":
        signature = {k: v for k, v in read_map(folder / "fields" / "signatures").items() if isinstance(v, str)}
        return read_tensorflow(inner / "variables", inner / "saved_model.pb", family, False, signature)
    if engine == "onnx":
        return read_onnx(_onnx_file(files, archive), family, folder)
    return read_openvino(files, family, str(archive))


def _onnx_file(files: list[Path], archive: Path) -> Path:
    """The model among the files of a zip: the .onnx, else the largest; the others are its weights."""
    candidates = [f for f in files if f.suffix == ".onnx"] or [f for f in files if not f.name.endswith(_EXTERNAL)]
    if not candidates:
        raise ModelFormatError(f"{archive} holds no ONNX model; fetch or copy it again")
    return max(candidates, key=lambda f: f.stat().st_size)
