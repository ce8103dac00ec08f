"""Running the product on one machine: Airflow's processes, a day from extract to publish, the summary."""
