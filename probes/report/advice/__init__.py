"""The report page of a vote-advice run."""

from probes.report.advice.page import holds, page

__all__ = ["holds", "page"]
