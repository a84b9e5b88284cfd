"""Row functions: what workers do with the rows of a column, the same in a UDF and without Spark."""
