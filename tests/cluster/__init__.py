"""Spark as it is deployed: standalone clusters and Connect servers of processes of their own.

`standalone.standalone_cluster` and `connect.connect_server` start them, `scripts/` are the drivers that tests
submit to them.
"""
