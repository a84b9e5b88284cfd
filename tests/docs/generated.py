"""The pages that are made from the code."""

from collections.abc import Iterator

from tests.docs import api, bundled, params


def generated() -> Iterator[tuple[str, str]]:
    """Paths in docs/, and their texts."""
    yield "params.md", params.page()
    yield "bundled.md", bundled.page()
    for name in api.MODULES:
        yield f"api/{name}.md", api.page(name)
