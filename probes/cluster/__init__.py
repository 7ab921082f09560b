"""A run on the machines of a Ray cluster: workers answer, one process writes.

Ray is imported only in this package. Called by `cli`.
"""

from probes.cluster.engine import Cluster

__all__ = ["Cluster"]
