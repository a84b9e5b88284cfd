"""`import sparkcls.compat`: the names `sparknlp` and `nlu` for scripts that cannot be edited.

Afterwards, in this process, ``import sparknlp``, ``from sparknlp.base import *``, ``import nlu`` and the like find
what sparkcls has of them. What it lacks is an ImportError or AttributeError that says what to do. Classifiers
made afterwards have ``tokenization="sparknlp"`` by default, because such scripts expect their old answers.

``python -m sparkcls.compat SCRIPT ARGUMENT...`` runs a script like that without editing a line.

Raises
------
AliasError
    The real Spark NLP or nlu is installed, or was imported before.
"""

from sparkcls.compat.aliases import install

install()
