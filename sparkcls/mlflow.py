"""Classifiers in MLflow: as Spark models, and for single texts where there is no Spark.

    with mlflow.start_run():
        info = sparkcls.mlflow.log_pyfunc(model)
    mlflow.pyfunc.load_model(info.model_uri).predict(["I really liked that movie!"])

Which to use when: docs/mlflow.md.
"""

from __future__ import annotations

import importlib.metadata
import os
import tempfile
from pathlib import Path
from typing import Any

try:
    import mlflow
except ImportError as e:
    raise ImportError('sparkcls.mlflow needs MLflow: pip install "sparkcls[mlflow]"') from e
import mlflow.artifacts
import mlflow.pyfunc
import mlflow.spark
import pyspark
from mlflow.models import Model, ModelSignature
from mlflow.models.model import MLMODEL_FILE_NAME
from mlflow.types.schema import Array, ColSpec, Map, Object, Property, Schema
from packaging.requirements import Requirement
from packaging.version import Version
from pyspark.ml import PipelineModel
from pyspark.sql.utils import is_remote

from sparkcls._version import __version__
from sparkcls.errors import ModelFormatError, ParamError
from sparkcls.light import LightPipeline
from sparkcls.pipelines.saved import classes_in, read_pipeline, write_pipeline
from sparkcls.pipelines.walk import check_pipeline, pipeline_stages, text_stages
from sparkcls.rows.answers import ANSWER
from sparkcls.serving import Served
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.finisher import Finisher
from sparkcls.stages.stage import SavedTransformer, Stage

#: The folder of the pipeline in a model of `save_pyfunc`.
_DATA = "pipeline"
#: What is needed beside the package's own requirements.
_EXTRAS = ("", "spark", "mlflow")


def log_model(
    model: PipelineModel,
    name: str = "model",
    *,
    input_example: Any = None,
    registered_model_name: str | None = None,
    **kwargs: Any,
) -> Any:
    """Log a pipeline as a Spark model, with `mlflow.spark.log_model`. Needs classic Spark.

    Parameters
    ----------
    model
        A fitted pipeline; stages of Spark may be among its stages.
    name
        Name of the model in the run.
    input_example
        A pandas DataFrame, for the model's documentation.
    registered_model_name
        Name under which the registry gets a version of it.
    kwargs
        Further arguments of `mlflow.spark.log_model`. `signature` and `pip_requirements` are made unless they are
        given; `extra_pip_requirements` are added to them.

    Returns
    -------
    MLflow's `ModelInfo`.

    Raises
    ------
    ParamError
        The session is one of Spark Connect: MLflow copies the model through the JVM. Use `log_pyfunc`.
    ParamTypeError
        `model` is no fitted pipeline.
    """
    return mlflow.spark.log_model(
        _for_spark("log_model", model),
        name,
        input_example=input_example,
        registered_model_name=registered_model_name,
        **_with_defaults(kwargs, _spark_signature(model)),
    )


def save_model(model: PipelineModel, path: str | os.PathLike[str], **kwargs: Any) -> None:
    """The same into a folder of this machine, with `mlflow.spark.save_model`; see `log_model`."""
    checked = _for_spark("save_model", model)
    mlflow.spark.save_model(checked, os.fspath(path), **_with_defaults(kwargs, _spark_signature(model)))


def load_model(uri: str | os.PathLike[str]) -> PipelineModel:
    """The pipeline that `log_model`, `log_pyfunc` or one of their counterparts for folders has kept.

    The model's files are put into this machine's cache. No session is needed, and one of Spark Connect will do, unless
    there are stages in it that are not of sparkcls: these are left to `mlflow.spark.load_model`, which imports the
    classes that the model names; load only models of people whom you trust with that.

    Parameters
    ----------
    uri
        ``runs:/...``, ``models:/...``, the URI of a store, or a folder.

    Raises
    ------
    ModelFormatError
        It is another kind of model, damaged, or saved by a newer sparkcls.
    """
    uri = os.fspath(uri)
    with tempfile.TemporaryDirectory(prefix="sparkcls-") as work:
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=work))
        data = _inside(folder, folder / _data_of(_model_of(folder, uri), uri))
        if _is_ours(data):
            return read_pipeline(data)
    return mlflow.spark.load_model(uri)


def log_pyfunc(
    model: PipelineModel,
    name: str = "model",
    *,
    input_example: Any = None,
    registered_model_name: str | None = None,
    **kwargs: Any,
) -> Any:
    """Log a pipeline for single texts and small batches, served in plain Python: no Spark session, no Java.

    Saving needs no session either, so it works with Spark Connect too. Nothing is pickled: the model is what
    `PipelineModel.save` writes. What `mlflow.pyfunc.load_model` makes of it has a ``predict`` that takes a str, a list
    of str, or a pandas DataFrame whose first column is the one that the pipeline reads. It gives a DataFrame with a row
    a text and the columns ``label``, ``score``, ``labels``, ``scores``, ``truncated`` and ``error``, which
    `sparkcls.sql.register` explains.

    Parameters
    ----------
    model
        A fitted pipeline of sparkcls' stages alone that ends in a classifier; a Finisher after it is left out.
    name, input_example, registered_model_name
        See `log_model`; `input_example` may be a list of str as well.
    kwargs
        Further arguments of `mlflow.pyfunc.log_model`; see `log_model` for those that are made.

    Returns
    -------
    MLflow's `ModelInfo`.

    Raises
    ------
    ParamTypeError
        `model` is no such pipeline.
    ColumnError
        A stage reads a column that no earlier stage makes.
    """
    text_stages("log_pyfunc", model)
    with tempfile.TemporaryDirectory(prefix="sparkcls-") as work:
        write_pipeline(model, Path(work) / _DATA)
        return mlflow.pyfunc.log_model(
            name=name,
            loader_module=__name__,
            data_path=str(Path(work) / _DATA),
            input_example=input_example,
            registered_model_name=registered_model_name,
            **_with_defaults(kwargs, _pyfunc_signature()),
        )


def save_pyfunc(model: PipelineModel, path: str | os.PathLike[str], **kwargs: Any) -> None:
    """The same into a folder of this machine, with `mlflow.pyfunc.save_model`; see `log_pyfunc`."""
    text_stages("save_pyfunc", model)
    with tempfile.TemporaryDirectory(prefix="sparkcls-") as work:
        write_pipeline(model, Path(work) / _DATA)
        mlflow.pyfunc.save_model(
            os.fspath(path),
            loader_module=__name__,
            data_path=str(Path(work) / _DATA),
            **_with_defaults(kwargs, _pyfunc_signature()),
        )


def get_default_pip_requirements() -> list[str]:
    """What a fresh environment needs for these models: sparkcls, and what it was declared to need, as it is here.

    Where sparkcls comes from a wheel, put the wheel's path or URL in the place of the first line and pass the list as
    `pip_requirements`.
    """
    try:
        declared = [Requirement(line) for line in importlib.metadata.requires("sparkcls") or []]
    except importlib.metadata.PackageNotFoundError:
        # Found on the PYTHONPATH, not installed.
        declared = [Requirement("pyspark")]
    needed = [r for r in declared if not r.marker or any(r.marker.evaluate({"extra": extra}) for extra in _EXTRAS)]
    return [f"sparkcls=={__version__}", *(_pinned(requirement) for requirement in needed)]


def _pinned(requirement: Requirement) -> str:
    name = requirement.name
    try:
        # Managed clusters bring pyspark without its metadata.
        version = Version(pyspark.__version__ if name == "pyspark" else importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return f"{name}{requirement.specifier}"
    # Indexes have neither local versions (+cpu) nor those of developers.
    return f"{name}=={version.base_version if version.is_devrelease else version.public}"


def _with_defaults(arguments: dict[str, Any], signature: ModelSignature | None) -> dict[str, Any]:
    arguments = {"signature": signature, **arguments}
    if arguments.get("conda_env") is None and arguments.get("pip_requirements") is None:
        extra = arguments.pop("extra_pip_requirements", None) or []
        # A str is the path of a file.
        lines = [f"-r {extra}"] if isinstance(extra, str) else list(extra)
        arguments["pip_requirements"] = get_default_pip_requirements() + lines
    return arguments


def _spark_signature(model: PipelineModel) -> ModelSignature | None:
    """Texts in, and what the last stage adds; what a stage that is not of sparkcls reads or adds is not known."""
    stages = pipeline_stages(model)
    assemblers = [stage for stage in stages if isinstance(stage, DocumentAssembler)]
    columns = dict.fromkeys(stage._require("inputCol") for stage in assemblers)
    known = all(isinstance(stage, SavedTransformer) for stage in stages)
    last = stages[-1] if stages else None
    outputs: list[Any] = []
    if isinstance(last, Finisher):
        kind = Array("string") if last.getOutputAsArray() else "string"
        outputs = [ColSpec(kind, column) for column in last.getOutputCols()]
        if last.getOutputAsArray() and last.getIncludeMetadata():
            outputs += [ColSpec(Map("string"), f"{column}_metadata") for column in last.getOutputCols()]
    elif isinstance(last, Stage):
        outputs = [ColSpec(Array(_annotation_type()), last.getOutputCol())]
    inputs: list[Any] = [ColSpec("string", column) for column in columns] if known else []
    if not inputs and not outputs:
        return None
    return ModelSignature(Schema(inputs) if inputs else None, Schema(outputs) if outputs else None)


def _annotation_type() -> Object:
    kinds: dict[str, Any] = {"begin": "integer", "end": "integer", "metadata": Map("string")}
    kinds = {"annotatorType": "string", **kinds, "result": "string", "embeddings": Array("float")}
    # MLflow sorts them by name.
    return Object([Property(name, kind, required=name in ("begin", "end")) for name, kind in kinds.items()])


def _pyfunc_signature() -> ModelSignature:
    # Without a name: MLflow refuses a str or a list of str where columns have names.
    inputs = Schema([ColSpec("string")])
    kinds: list[Any] = ["string", "double", Array("string"), Map("double"), "integer", "string"]
    return ModelSignature(
        inputs, Schema([ColSpec(k, name, required=False) for name, k in zip(ANSWER, kinds, strict=True)])
    )


def _for_spark(caller: str, model: Any) -> PipelineModel:
    check_pipeline(caller, model)
    # On Databricks MLflow has a way through volumes.
    if is_remote() and "DATABRICKS_RUNTIME_VERSION" not in os.environ:
        raise ParamError(
            f"{caller}: MLflow copies Spark models through the JVM, which a session of Spark Connect does not have; "
            f"use {caller.replace('model', 'pyfunc')}, which saves without Spark; load_model reads it too"
        )
    return model


def _model_of(folder: Path, uri: str) -> Model:
    try:
        model = Model.load(str(folder))
        if isinstance(model.flavors, dict):
            return model
        raise TypeError("flavors is no mapping")
    except (mlflow.MlflowException, OSError):
        raise
    except Exception as e:
        # MLflow hands on what YAML and its own constructors raise.
        raise ModelFormatError(f"The {MLMODEL_FILE_NAME} of {uri} is damaged: {str(e)[:300]}") from e


def _data_of(model: Model, uri: str) -> str:
    """The folder of the pipeline in an MLflow model."""
    flavors = model.flavors
    for flavor, key in (("spark", "model_data"), ("python_function", "data")):
        facts = flavors.get(flavor)
        if isinstance(facts, dict) and (flavor == "spark" or facts.get("loader_module") == __name__):
            if isinstance(facts.get(key), str):
                return str(facts[key])
            raise ModelFormatError(f"The {MLMODEL_FILE_NAME} of {uri} is damaged: its flavor {flavor} has no {key}")
    raise ModelFormatError(
        f"{uri} has the flavors {', '.join(sorted(map(str, flavors)))}, and was not made by sparkcls.mlflow; load it "
        "with MLflow"
    )


def _is_ours(path: Path) -> bool:
    """Whether all stages of a saved pipeline are of sparkcls."""
    return all(name.startswith("sparkcls.") for name in classes_in(path))


def _load_pyfunc(data_path: str) -> Served:
    """What `mlflow.pyfunc.load_model` calls, with the model's folder and what MLmodel calls its data, joined."""
    data = Path(data_path)
    root = next((folder for folder in (data, *data.parents) if (folder / MLMODEL_FILE_NAME).is_file()), None)
    if root is None or ".." in data.parts:
        raise ModelFormatError(
            f"{data_path} is not the folder of an MLflow model; what does its {MLMODEL_FILE_NAME} say?"
        )
    return Served(LightPipeline.load(_inside(root, data)).pipeline_model)


def _inside(root: Path, data: Path) -> Path:
    """The folder of the pipeline, unless it leaves the model's."""
    if not Path(os.path.realpath(data)).is_relative_to(os.path.realpath(root)):
        raise ModelFormatError(f"{root / MLMODEL_FILE_NAME} names data outside of the model's folder: {data}")
    return data
