"""The warehouse: the embedded server, connections, roles and grants, editions, publishing, dbt."""
