"""The benchmark from a checkout: the same as `sparkcls bench`, see README.md.

python examples/benchmarks/run.py --systems sparkcls,hf-pipeline --texts mix
"""

import sys

from sparkcls.cli import main

if __name__ == "__main__":
    sys.exit(main(["bench", *sys.argv[1:]]))
