"""What spark-submit starts. It stands in a folder of its own, which Python puts before all others on its path."""

import sys

from sparkcls.cli import main

if __name__ == "__main__":
    sys.exit(main())
