"""The library that the DAGs and the command line call. It imports no Airflow."""
