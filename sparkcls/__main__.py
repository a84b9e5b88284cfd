"""`python -m sparkcls`: the same as the command `sparkcls`."""

import sys

from sparkcls.cli import main

sys.exit(main())
