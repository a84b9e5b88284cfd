"""Everything that Spark NLP's and nlu's classes offer is here, or `migrate` reports it and the guide names it.

The lists were made from their wheels, see tests/reference/surface.py.
"""

import json
from pathlib import Path

import pytest

from sparkcls.annotator import DistilBertForSequenceClassification, Stemmer, Tokenizer
from sparkcls.base import DocumentAssembler, Finisher, LightPipeline
from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.migrate.documents import read_document
from sparkcls.migrate.examine import examine
from sparkcls.migrate.names import exports, known_module, missing
from sparkcls.stages.params import setter

SURFACE = json.loads((Path(__file__).parent / "reference" / "surface.json").read_text())
GUIDE = (Path(__file__).parent.parent / "docs" / "migrating.md").read_text()
#: Of Spark NLP's and nlu's own workings; no script calls these.
INNER = {
    *("getter_attrs", "inputColsValidation", "max_length_limit", "optionalInputAnnotatorTypes", "outputAnnotatorType"),
    *("add", "convert_embeddings_to_np", "drop_irrelevant_cols", "finalize_return_datatype", "get_extraction_configs"),
    *("get_sample_spark_dataframe", "print_exception_err", "pythonify_spark_dataframe", "verify_all_labels_exist"),
    *("pythonify_spark_ocr_dataframe", "unpack_and_apply_extractors"),
}
#: What is not here.
ABSENT = {
    "LightPipeline": {"fullAnnotateImage"},
    "PretrainedPipeline": {"fullAnnotateImage"},
    "TokenizerModel": {"pretrained", "getRules", "setRules"},
    "NLUPipeline": {
        *("Tracer", "createParserDictionary", "getPipelineStages", "getPossibleAssertions", "getPossibleEntities"),
        *("getPossibleRelations", "predict_embeds", "printPipelineSchema", "viz", "viz_streamlit"),
        *("viz_streamlit_classes", "viz_streamlit_dep_tree", "viz_streamlit_entity_embed_manifold"),
        *("viz_streamlit_ner", "viz_streamlit_sentence_embed_manifold", "viz_streamlit_token"),
        *("viz_streamlit_word_embed_manifold", "viz_streamlit_word_similarity"),
    },
}


def offered(full_name):
    """What users may call of a class: its methods, and a getter and a setter for each Param."""
    members = SURFACE["classes"][full_name]
    setters = [setter(name) for name in members["params"]]
    return (set(members["methods"]) | {*setters, *("g" + name[1:] for name in setters)}) - INNER


@pytest.mark.parametrize("full_name", sorted(SURFACE["classes"]))
def test_every_method_is_there_or_reported(tmp_path, full_name):
    module, _, name = full_name.rpartition(".")
    ours = exports(module)[name]
    absent = {method for method in offered(full_name) if not hasattr(ours, method)}
    assert absent == ABSENT.get(name, set())
    assert {method for method in absent if method not in GUIDE and method.split("_")[0] + "*" not in GUIDE} == set()
    script = tmp_path / "script.py"
    maker = "import nlu\nx = nlu.load(y)" if name == "NLUPipeline" else f"from {module} import {name}\nx = {name}()"
    for method in sorted(absent):
        script.write_text(f"{maker}\nx.{method}()\n")
        told = [(f.line, f.kind) for f in examine(read_document(script)) if f"{ours.__name__}.{method}" in f.text]
        assert told == [(3, "unsupported")], method


def test_there_is_something_to_compare():
    assert len(SURFACE["classes"]) > 15
    assert {"setCleanupMode", "getCleanupMode", "setParams"} <= offered("sparknlp.annotator.DocumentAssembler")
    assert "getConfigProtoBytes" in offered("sparknlp.annotator.DistilBertForSequenceClassification")


def test_modules_are_known_or_named():
    for module in SURFACE["modules"]:
        assert known_module(module) or "docs/migrating.md" in missing(module)
    for module in ("sparknlp.util", "sparknlp.logging", "sparknlp.logging.comet"):
        assert "take it out" in missing(module)
        assert module.removesuffix(".comet") in GUIDE
    # An import of a name in it fails at the module, so its message is the one that is read.
    for name in ("sparknlp.common.properties", "sparknlp.common.properties.HasBatchedAnnotate"):
        assert "subclass that" in missing(name)
    assert "sparknlp.common.properties" in GUIDE


def test_generic_names_of_spark_nlp():
    stage = Tokenizer()
    assert (stage.name, Tokenizer.name, Finisher().name) == ("Tokenizer", "Tokenizer", "Finisher")
    assert stage.setParams(minLength=2, exceptions=["a b"], maxLength=None) is stage
    assert (stage.getMinLength(), stage.getExceptions(), stage.getMaxLength()) == (2, ["a b"], 99_999)
    with pytest.raises(ParamTypeError, match="has no Param 'cleanupMode'; it has caseSensitiveExceptions"):
        stage.setParams(cleanupMode="shrink")
    with pytest.raises(ParamTypeError, match="minLength takes an int"):
        stage.setParams(minLength="2")
    assembler = DocumentAssembler()
    assert assembler.setParamValue("cleanupMode")("shrink") is assembler
    assert assembler.getParamValue("cleanupMode")() == "shrink"
    assert assembler.getParamValue("idCol")() is None
    classifier = DistilBertForSequenceClassification()
    assert classifier.setEngine("tensorflow").getEngine() == "pytorch"
    assert classifier.setConfigProtoBytes([1]).getConfigProtoBytes() is None
    assert Stemmer().setLanguage("english").getLanguage() == "english"
    with pytest.raises(ParamError, match="language must be one of english; got 'german'"):
        Stemmer().setLanguage("german")


def test_what_is_absent_says_where_to_look():
    with pytest.raises(AttributeError, match=r"'Tokenizer' object has no attribute 'setStorageRef'.*docs/migrating.md"):
        Tokenizer().setStorageRef("x")
    with pytest.raises(AttributeError, match="it has setMinLength"):
        Tokenizer().setMinLenght(1)
    assert not hasattr(Tokenizer(), "_java_obj")
    assert not hasattr(LightPipeline, "fullAnnotateImage")
