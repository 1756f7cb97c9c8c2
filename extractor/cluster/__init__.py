"""A backlog on more than one machine, and back into one database.

`read_partition` (a table of letters in, a table of results out) is what any engine can map over its data;
`run_on_cluster` does so with Dask and leaves a folder of Parquet; `import_results` merges such files into a database.
"""

from extractor.cluster.importing import Imported, import_results
from extractor.cluster.job import LETTERS, RESULTS, Job
from extractor.cluster.partition import read_partition
from extractor.cluster.running import ClusterSummary, run_on_cluster

__all__ = [
    "LETTERS",
    "RESULTS",
    "ClusterSummary",
    "Imported",
    "Job",
    "import_results",
    "read_partition",
    "run_on_cluster",
]
