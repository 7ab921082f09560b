"""The page of a run of requests in pairs: what either pole got, and both replies side by side."""

from probes.report.requests.page import holds, page

__all__ = ["holds", "page"]
