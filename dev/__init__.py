"""Development tools: the demo, a real Airflow on this machine, and the benchmarks. Not in the wheel."""
