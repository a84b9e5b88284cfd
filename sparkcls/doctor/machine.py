"""Findings about one machine from its facts."""

from __future__ import annotations

from collections.abc import Iterator

from sparkcls.doctor.facts import Facts
from sparkcls.doctor.findings import NOTE, OK, PROBLEM, Finding
from sparkcls.engine.precision import multiplies_bfloat16_fast, multiplies_int8_fast

_GB = 1e9
#: Bytes of free space below which fetching a model fails soon, and below which some models do not fit.
_FULL, _TIGHT = 0.5 * _GB, 5 * _GB
_OLDEST, _NEWEST = (3, 10), (3, 13)


def of_machine(facts: Facts) -> Iterator[Finding]:
    """What one machine's Python, libraries, processor, GPU and cache are like."""
    yield _python(facts)
    yield from _torch(facts)
    yield _processor(facts)
    yield _threads(facts)
    if facts["cache"] is not None:
        yield _cache(facts["cache"])


def _python(facts: Facts) -> Finding:
    text = f"{facts['python']} on {facts['system']}, {facts['executable']}"
    version = tuple(int(part) for part in facts["python"].split(".")[:2])
    if version < _OLDEST:
        return Finding(PROBLEM, "Python", text, "sparkcls needs Python 3.10 or newer")
    if version > _NEWEST:
        return Finding(NOTE, "Python", text, "sparkcls is tested up to Python 3.13")
    return Finding(OK, "Python", text)


def _torch(facts: Facts) -> Iterator[Finding]:
    found, here = facts["torch"], facts["gpus_of_system"]
    if found is None:
        yield Finding(PROBLEM, "torch", "is not installed", "pip install sparkcls installs it; it computes the models")
        return
    if "error" in found:
        yield Finding(
            PROBLEM,
            "torch",
            f"cannot be imported: {found['error']}",
            "Install it anew: pip install --force-reinstall torch",
        )
        return
    build = f"{facts['versions']['torch']}, " + (f"built for CUDA {found['cuda']}" if found["cuda"] else "without CUDA")
    yield Finding(OK, "torch", build)
    if found["gpus"]:
        yield Finding(OK, "GPU", ", ".join(found["gpus"]))
    elif here and not found["cuda"]:
        advice = "Install a build for CUDA, see https://pytorch.org/get-started/locally"
        yield Finding(PROBLEM, "GPU", f"{here[0]} is there, but this torch is built without CUDA", advice)
    elif here:
        advice = "Compare the driver's version (nvidia-smi) with torch's CUDA, and look at CUDA_VISIBLE_DEVICES"
        yield Finding(PROBLEM, "GPU", f"{here[0]} is there, but torch sees none", advice)
    else:
        spare = "; the build for CPUs is some 4 GB smaller: see docs/installing.md" if found["cuda"] else ""
        yield Finding(OK, "GPU", f"none; models run on the CPU{spare}")


def _processor(facts: Facts) -> Finding:
    fast = multiplies_bfloat16_fast(facts["processor"])
    known = "fast in bfloat16: precision auto is mixed" if fast else "no fast bfloat16: precision auto is float32 here"
    eight = "; 8-bit products, for setPrecision('int8')" if multiplies_int8_fast(facts["processor"]) else ""
    return Finding(OK, "processor", f"{facts['cores']} cores, {known}{eight}")


def _threads(facts: Facts) -> Finding:
    said = ", ".join(f"{name}={value}" for name, value in facts["threads"].items())
    memory = f"{facts['memory'] / _GB:.0f} GB of memory" if facts["memory"] else "memory unknown"
    return Finding(OK, "threads", f"{said or 'as Spark says for each task'}; {memory}")


def _cache(cache: Facts) -> Finding:
    if "error" in cache:
        return Finding(PROBLEM, "cache", cache["error"], "Name a folder with SPARKCLS_CACHE")
    free = f"{cache['free'] / _GB:.1f} GB free"
    if "unwritable" in cache:
        text = f"{cache['path']} cannot be written ({cache['unwritable']})"
        return Finding(PROBLEM, "cache", text, "Name a folder that can with SPARKCLS_CACHE")
    if cache["free"] < _FULL:
        advice = "Make room (sparkcls models --clean), or name another folder with SPARKCLS_CACHE"
        return Finding(PROBLEM, "cache", f"{cache['path']}, {free}", advice)
    if cache["free"] < _TIGHT:
        return Finding(NOTE, "cache", f"{cache['path']}, {free}", "Large models may not fit: sparkcls models --clean")
    return Finding(OK, "cache", f"{cache['path']}, {free}")
