"""How scores become labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparkcls.engine.contract import MEAN
from sparkcls.errors import ParamError
from sparkcls.models.heads import SOFTMAX


@dataclass(frozen=True)
class Decision:
    """How scores become labels.

    Parameters
    ----------
    activation
        ``softmax`` and ``none`` give the best label; ``sigmoid`` every label whose probability is over the threshold.
    threshold
        Strict; of sigmoid alone. One for all labels, or one a label in their order. None: sigmoid gives the best label
        too, whatever its probability.
    coalesce
        Whether the scores of a row's sentences are averaged.
    pooling
        How scores of windows become those of their text: ``mean`` or ``max``.
    """

    activation: str = SOFTMAX
    threshold: float | tuple[float, ...] | None = 0.5
    coalesce: bool = False
    pooling: str = MEAN


def threshold_of(
    value: float | Sequence[float] | Mapping[str, float], labels: Sequence[str], default: float
) -> float | tuple[float, ...]:
    """The threshold of a `Decision` over labels.

    Parameters
    ----------
    value
        One for all labels; or one a label, in their order or by label, where those that are not named have `default`.

    Raises
    ------
    ParamError
        There is not one for each label, or some are for labels that are not there.
    """
    if isinstance(value, Mapping):
        strange = [name for name in value if name not in labels]
        if strange:
            raise ParamError(
                f"threshold names {', '.join(map(repr, strange))}; the labels are {', '.join(map(repr, labels))}"
            )
        return tuple(value.get(label, default) for label in labels)
    if isinstance(value, Sequence):
        if len(value) != len(labels):
            raise ParamError(
                f"threshold has {len(value)} numbers, but there are {len(labels)} labels: "
                f"{', '.join(map(repr, labels))}. Give one for each, in this order, or a dict from label to number"
            )
        return tuple(value)
    return value
