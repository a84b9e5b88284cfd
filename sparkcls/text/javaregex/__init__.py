"""Java's regular expressions, compiled for Python's regex."""
