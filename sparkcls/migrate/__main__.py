"""`python -m sparkcls.migrate`."""

import sys

from sparkcls.migrate.command import main

sys.exit(main())
