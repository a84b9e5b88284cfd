"""What a classifier has answered, on one page: `sparkcls.summarize`."""

from sparkcls.summary.about import About
from sparkcls.summary.summary import Summary

__all__ = ["About", "Summary"]
