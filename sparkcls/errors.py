"""Every error that sparkcls raises on purpose, and what to quote of those of others.

Each class also inherits the builtin that a caller would catch without knowing sparkcls. Messages say
what was asked, what was found, and what to do.
"""

from __future__ import annotations


class SparkclsError(Exception):
    """Base class of all errors of this package."""


class ParamError(SparkclsError, ValueError):
    """A Param has a value outside its range or its list of allowed values."""


class ParamTypeError(SparkclsError, TypeError):
    """A Param or an argument has the wrong type."""


class ParamFileError(SparkclsError, FileNotFoundError):
    """A file that a Param names cannot be read."""


class ColumnError(SparkclsError, ValueError):
    """An input column is missing, has the wrong type, or no earlier stage made it."""


class LightColumnError(ColumnError, TypeError):
    """The same in a LightPipeline, where Spark NLP raises a TypeError."""


class PartError(SparkclsError, KeyError):
    """A pipeline has no part of the name that was asked for."""

    def __str__(self) -> str:
        # As below.
        return str(self.args[0]) if self.args else ""


class ModelNotFoundError(SparkclsError, KeyError):
    """No model folder has the name, or the path, that was asked for."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument, which turns a sentence into an escaped string.
        return str(self.args[0]) if self.args else ""


class ModelFormatError(SparkclsError, ValueError):
    """A model folder exists but cannot be used: incomplete, corrupt, unsafe or contradictory."""


class ModelError(SparkclsError, RuntimeError):
    """The model fails on known-good text too, so the fault lies in it, the device or memory."""


class DeviceError(SparkclsError, RuntimeError):
    """The device or precision that was asked for is not there."""


class InputError(SparkclsError, ValueError):
    """One text cannot be classified, and `onError` is "raise"."""


class JavaError(SparkclsError, RuntimeError):
    """Spark cannot start because Java is missing or too old."""


class AliasError(SparkclsError, ImportError):
    """A module called `sparknlp` or `nlu` cannot be stood in for, or is asked for what sparkcls does not have."""


class AliasAttributeError(SparkclsError, AttributeError):
    """The same for an attribute of such a module."""


class JobError(SparkclsError, RuntimeError):
    """A job cannot be begun, gone on with or finished."""


class MetricsError(SparkclsError, RuntimeError):
    """There are no figures: nothing was counted, or not yet."""


def flattened(message: object) -> str:
    """A message, or that of an error, with its lines and blanks drawn together."""
    return " ".join(str(message).split())


def first_line(error: Exception) -> str:
    """The first line of another library's message; without a message, the error's kind."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
