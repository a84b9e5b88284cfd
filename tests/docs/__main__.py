"""Write the pages that are made from the code: ``python -m tests.docs``."""

from tests.docs import licences
from tests.docs.generated import generated
from tests.docs.pages import DOCS

for path, text in [*generated(), ("licences.md", licences.page())]:
    (DOCS / path).parent.mkdir(exist_ok=True)
    (DOCS / path).write_text(text, encoding="utf-8")
    print(DOCS / path)
