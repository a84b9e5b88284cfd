"""docs/params.md: the Params of every stage, from the code."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from typing import Any

from sparkcls import annotator, base
from sparkcls.stages.classifier_params import PUBLISHED
from sparkcls.stages.classifiers import CLASSIFIERS, ZERO_SHOT
from sparkcls.stages.params import setter
from tests.docs.docstrings import summary

HEAD = """\
# Params

Written by `python -m tests.docs` from the code: every Param that users set. A setter gives its stage back, a getter has the
same name with `get`, and constructors take Params by keyword: `Tokenizer(inputCols=["document"])`. What stages do with them:
[stages.md](stages.md).
"""
#: The stages of text, in the order of a pipeline.
TEXT = [
    *(base.DocumentAssembler, annotator.SentenceDetector, annotator.Tokenizer, annotator.Normalizer),
    *(annotator.StopWordsCleaner, annotator.Stemmer, annotator.DocumentNormalizer, base.TokenAssembler, base.Finisher),
]


def page() -> str:
    """The whole page."""
    parts = [HEAD, *(_section(cls.__name__, [cls]) for cls in TEXT)]
    classifiers, zero_shot = list(CLASSIFIERS.values()), list(ZERO_SHOT.values())
    parts.append(_section("Sequence classifiers", classifiers, "`BertForSequenceClassification` and its kind."))
    more = "`BertForZeroShotClassification` and its kind have these too, and no `pairCol`."
    parts.append(_section("Zero-shot classifiers", zero_shot, more, without=_names(classifiers[0])))
    return "\n".join(parts)


def _names(cls: Any) -> set[str]:
    """Params that users set: those with a setter."""
    return {p.name for p in cls().params if hasattr(cls, setter(p.name))}


def _section(title: str, kind: list[Any], text: str = "", without: set[str] | None = None) -> str:
    """The table of classes with the same Params."""
    cls = kind[0]
    assert all(_names(c) == _names(cls) for c in kind)
    lines = [f"## {title}", ""] + ([text, ""] if text else [])
    lines += ["| Param and setter | type | default | meaning |", "|---|---|---|---|"]
    for name in sorted(_names(cls) - (without or set()), key=lambda n: (n not in _FIRST, n)):
        first = f"`{name}`<br>{_call(cls, name)}"
        cells = (first, f"`{_type(cls, name)}`", _default(kind, name), _meaning(cls, name))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


_FIRST = ("inputCol", "inputCols", "outputCol", "outputCols")


def _type(cls: Any, name: str) -> str:
    """What the setter takes, or if it takes anything, what the getter gives."""
    value = next(p for p in _parameters(cls, name))
    if value.annotation not in ("Any", inspect.Parameter.empty) and value.kind is not value.VAR_POSITIONAL:
        return _shown(value.annotation)
    getter = getattr(cls, "g" + setter(name)[1:])
    return _shown(inspect.signature(getter).return_annotation)


def _shown(annotation: Any) -> str:
    return str(annotation).replace(" | None", "").replace(" | os.PathLike[str]", "").replace("|", "or")


def _default(kind: list[Any], name: str) -> str:
    """The default, and of which classes it is another one."""
    by_class = {cls: _value(cls(), name) for cls in kind}
    (usual, _), *_ = Counter(by_class.values()).most_common(1)
    others = [f"{cls.__name__.partition('For')[0]} {value}" for cls, value in by_class.items() if value != usual]
    shown = "; ".join([usual, *others])
    return f"the model's, else {shown}" if name in PUBLISHED and hasattr(kind[0], "setTokenization") else shown


def _value(stage: Any, name: str) -> str:
    if not stage.hasDefault(stage.getParam(name)):
        return "none"
    value = stage._defaultParamMap[stage.getParam(name)]
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (str, list)) else str(value)
    if value in (" ", {}):
        return "one space" if value == " " else "none"
    return f"{len(value)} of them" if isinstance(value, list) and len(text) > 80 else f"`{text}`".replace("|", "&#124;")


def _meaning(cls: Any, name: str) -> str:
    told = summary(getattr(cls, setter(name)).__doc__)
    return re.sub(r",? default (`[^`]*`|[^;.]+)(?=[;.])| Default[: ].+$", "", told)


def _call(cls: Any, name: str) -> str:
    required = [p for p in _parameters(cls, name) if p.default is p.empty]
    return f"`{setter(name)}({', '.join(('*' if p.kind is p.VAR_POSITIONAL else '') + p.name for p in required)})`"


def _parameters(cls: Any, name: str) -> list[inspect.Parameter]:
    return list(inspect.signature(getattr(cls, setter(name))).parameters.values())[1:]
