"""The page of licences: what sparkcls needs, and what each package says of itself in its metadata."""

from __future__ import annotations

import re
from importlib import metadata

from tests.docs.pages import ROOT

#: A requirement in pyproject.toml and what it is for.
_NEED = re.compile(r'^ *(?:\w+ = \[)?"(?P<name>[\w-]+)[^"]*",?\]?(?: *# (?P<use>.+))?$', re.MULTILINE)
#: What users install; packages of tests and lint reach nobody else.
_EXTRAS = ("spark", "openvino", "mlflow", "bench")
#: Words of older metadata, in SPDX's names.
_NAMES = {
    r"apache": "Apache-2.0",
    r"3-clause bsd|bsd.3.clause|bsd license|^bsd$": "BSD-3-Clause",
    r"python software foundation|matplotlib": "PSF-based",
    r"mit license": "MIT",
}
#: Where a package is not installed.
_KNOWN = {"onnx": "Apache-2.0"}
#: What the comments in pyproject.toml do not say.
_USES = {"pyspark": "Spark; left out where a cluster has its own", "mlflow-skinny": "`sparkcls.mlflow`"}

_HEAD = """\
# Licences

sparkcls is under Apache-2.0, and so are the weights of the five [models inside](bundled.md), as the encoder that they start from
is (all-MiniLM-L6-v2). What they have learned from has terms of its own. No text of it is in the package, and whether such
terms reach weights is not settled; look at them before a commercial use:

| data | of the model | terms |
|---|---|---|
| SST-2: Stanford Sentiment Treebank (Socher et al. 2013), in the form of GLUE | `..._sst2` | none that we know of; phrases of film reviews |
| Emotion (Saravia et al. 2018) | `..._emotion` | free for education and research, its authors say; posts of Twitter |
| AG News (Zhang et al. 2015, from AG's corpus), a subset | `..._ag_news` | **research, and other activity that is not commercial** |
| IMDB: Large Movie Review Dataset (Maas et al. 2011) | `..._imdb` | to be cited; reviews of IMDb's users |
| Multi-Domain Sentiment Dataset (Blitzer et al. 2007) | `..._amazon_reviews` | none that we know of; reviews of Amazon's customers |

The encoder that all five share has learned from all of these.

What sparkcls needs is not part of it; pip installs it from PyPI. All of that is free to use in products, and none asks for the
source of what uses it. As their metadata say:

"""
_TAIL = """
**torch for CUDA brings NVIDIA's libraries** (cuBLAS, cuDNN, NCCL and others) under NVIDIA's own terms, which limit
passing them on; torch for CPUs brings none: [installing](installing.md). What these packages need in turn
`pip-licenses`, or `python -m tests.docs.licences` from a checkout, lists for your environment.

Models that you fetch have licences of their own: `sparkcls show NAME` tells what their cards say.
"""


def needs() -> dict[str, str]:
    """What pyproject.toml asks for, and what it is for."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    parts = [re.search(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)]
    parts += [re.search(rf"^{extra} = (\[[^\]]*\].*)$", text, re.MULTILINE) for extra in _EXTRAS]
    found = {}
    for part in filter(None, parts):
        for need in _NEED.finditer(part[0].replace("dependencies = [\n", "")):
            found[need["name"]] = _USES.get(need["name"], need["use"] or "")
    return found


def licence(package: str) -> str | None:
    """What an installed package says of itself, in SPDX's words; None if it is not installed."""
    try:
        said = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return _KNOWN.get(package)
    if said.get("License-Expression"):
        return str(said["License-Expression"])
    classes = [c.split(" :: ")[-1] for c in said.get_all("Classifier") or [] if c.startswith("License :: ")]
    words = (said.get("License") or "").strip()
    for text in (words if len(words) < 60 else "", *classes, words[:200]):
        for pattern, name in _NAMES.items():
            if re.search(pattern, text, re.IGNORECASE):
                return name
    return words if 0 < len(words) < 60 else "?"


def page() -> str:
    rows = [f"| `{name}` | {licence(name)} | {use} |" for name, use in needs().items()]
    return _HEAD + "\n".join(["| package | licence | for |", "|---|---|---|", *rows]) + "\n" + _TAIL


if __name__ == "__main__":
    for one in sorted(metadata.distributions(), key=lambda d: d.metadata["Name"].lower()):
        print(f"{one.metadata['Name']} {one.version}: {licence(one.metadata['Name'])}")
