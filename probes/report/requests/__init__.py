"""The report page of a run of paired requests."""

from probes.report.requests.page import holds, page

__all__ = ["holds", "page"]
