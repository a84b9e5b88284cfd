"""Drawings: numbers in, SVG out, each with a title and a description for those who do not see it."""
