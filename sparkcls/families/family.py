"""What a family of models is: how `transformers` and Spark NLP name its parts, and what its arithmetic is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkcls.families.original import Original
from sparkcls.families.pieces import Pieces
from sparkcls.families.shape import Shape

#: Which tokens of a text a head reads.
FIRST, MEAN = "first", "mean"

#: The stage classes that take every family. Spark NLP does not have them.
ANY_FAMILY = "TransformerForSequenceClassification"
ANY_FAMILY_ZERO_SHOT = "TransformerForZeroShotClassification"

#: Why tokenization "sparknlp" is not there for a family.
NOT_THERE = "Spark NLP has no classifiers of this family"
NOT_RECORDED = "how Spark NLP reads texts for this family has not been recorded"


@dataclass(frozen=True)
class Key:
    """An entry of config.json.

    Parameters
    ----------
    name
        Its name.
    default
        What `transformers` takes where it is absent; its type is the one that is expected.
    aliases
        Other names, which win.
    least
        The smallest number that is allowed.
    values
        What may stand there, and what it is here; None: anything of the type.
    """

    name: str
    default: Any
    aliases: tuple[str, ...] = ()
    least: int = 1
    values: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Refused:
    """An entry of config.json that changes what `transformers` answers, and has no counterpart here.

    Parameters
    ----------
    does
        What it does, for a message: "..., which `does`".
    idle
        Values that do nothing.
    """

    does: str
    idle: tuple[Any, ...] = (None, False)


@dataclass(frozen=True)
class Head:
    """What comes after the last layer: ``output(norm(activation(dense(pooled))))``, as far as the family names these.

    Parameters
    ----------
    activation
        After the dense layer, by the names of `sparkcls.families.activations`.
    pooling
        What is read: the `FIRST` token, or the `MEAN` of all.
    keys
        Which of the two a config.json can change.
    """

    activation: str
    pooling: str = FIRST
    keys: Mapping[str, Key] = field(default_factory=dict)


def _always(weight: str, shape: Shape) -> bool:
    return True


@dataclass(frozen=True, eq=False)
class Family:
    """One family.

    Parameters
    ----------
    model_type
        Its name in config.json.
    architecture
        The class of `transformers` for its classifiers.
    prefix
        What stands before the names of weights of the model without its head.
    keys
        Where the fields of `Shape` come from: an entry of config.json, or a constant. Names that are no field go into
        `Shape.special`.
    names
        The name in `transformers`, without ``.weight`` or ``.bias``, by role. ``{i}`` is the number of a layer; where
        layers stand in groups, of the group, and ``{j}`` the number in the group. The roles: see
        `sparkcls.families.weights`.
    head
        The usual head.
    pieces
        The class of tokenizer that `transformers` takes where no file names one, from `sparkcls.families.pieces`.
    spark_nlp
        The class of Spark NLP for its classifiers; None if it has none.
    zero_shot
        The same for its zero-shot classifiers.
    original
        How Spark NLP makes wordpieces for it, for `tokenization="sparknlp"`; or why that is not there.
    network
        The module of `sparkcls.engine.networks` that computes it.
    refused
        Entries of config.json that are refused, beside those that are refused for all families.
    dimensions
        Fields of `Shape` that make the shape of a weight, by role, where they are not the usual ones.
    derive
        From what `keys` found, by field, what follows from it, in a dict that has all fields; it raises ValueError for
        what cannot be.
    has
        Whether a model of a shape has a weight, given by its role and ``.weight`` or ``.bias``.
    bare
        Roles of weights whose names end in neither.
    in_files
        Where `names` is empty: the same family with its weights by role, by which files of other systems are read.
    """

    model_type: str
    architecture: str
    prefix: str
    keys: Mapping[str, Key | int | float | str]
    names: Mapping[str, str]
    head: Head
    pieces: Pieces
    spark_nlp: str | None = None
    zero_shot: str | None = None
    original: Original | str = NOT_THERE
    network: str = "post_norm"
    refused: Mapping[str, Refused] = field(default_factory=dict)
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    derive: Callable[[dict[str, Any]], dict[str, Any]] = dict
    has: Callable[[str, Shape], bool] = _always
    bare: Collection[str] = ()
    in_files: Family | None = None

    def key_of(self, field: str) -> str:
        """The entry of config.json that says a field of `Shape`."""
        key = self.keys[field]
        return key.name if isinstance(key, Key) else field

    @property
    def stage(self) -> str:
        """The name of the stage class for its classifiers."""
        return self.spark_nlp or ANY_FAMILY

    @property
    def zero_shot_stage(self) -> str:
        """The name of the stage class for its zero-shot classifiers."""
        return self.zero_shot or ANY_FAMILY_ZERO_SHOT
