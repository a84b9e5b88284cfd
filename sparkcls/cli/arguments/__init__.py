"""The arguments that several commands have, and what they mean."""
