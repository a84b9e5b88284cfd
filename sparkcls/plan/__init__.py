"""`sparkcls plan`: how long a job takes."""
