"""The peers of the group `bench` are imported by nothing but the benchmark."""

collect_ignore = ["common/with_chdb.py", "common/with_pm4py.py", "common/with_retentioneering.py"]
