"""Write the pages that are made from the code: ``python -m tests.docs``."""

from tests.docs.generated import generated
from tests.docs.pages import DOCS

for path, text in generated():
    (DOCS / path).parent.mkdir(exist_ok=True)
    (DOCS / path).write_text(text, encoding="utf-8")
    print(DOCS / path)
