"""The Spark engine: workers read the files and rebuild histories with the code of the local engine.

Between two steps Spark spreads rows over the workers. What they make is written as Parquet into a directory that all
machines see; a task's result names the files that count, so that one which died or ran twice leaves none too many.
"""
