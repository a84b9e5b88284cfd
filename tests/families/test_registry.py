"""What the table of families says of them."""

import pytest

from sparkcls.families.family import NOT_THERE
from sparkcls.families.registry import FAMILIES


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_spark_nlp_is_said_to_lack_a_family_only_where_it_does(family):
    assert (family.original == NOT_THERE) is not bool(family.spark_nlp or family.zero_shot)
