"""Adapters of PEFT: which are honoured, and merging one into the model that it changes."""
