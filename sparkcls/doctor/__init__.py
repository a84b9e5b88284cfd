"""`sparkcls doctor`: what is wrong with a machine, or with a cluster's workers, and what to do about it."""
