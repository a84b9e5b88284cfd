"""Models that earlier releases had inside the package, and that this one has no more."""

from __future__ import annotations

#: By digest (over the files that counted for sparkcls 0.1 and 0.2, and over those that count since), the bundled model
#: of the same task that took its place.
SUCCESSORS = dict.fromkeys(
    (
        "sha256:c3f65a9f78474c21190caa767388db8d6125972cb70308934fb96dd10c1c8bd3",
        "sha256:f48e21a033eda0cf256f16b80b164d966ebd83a7c3d0044e44fcce4d08273ac5",
    ),
    "distilbert_mini_sequence_classifier_sst2",
)
