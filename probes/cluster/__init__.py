"""The same run on the machines of a Ray cluster: they answer, one process writes.

Ray is imported here and nowhere else. Called by `cli`.
"""

from probes.cluster.engine import Cluster

__all__ = ["Cluster"]
