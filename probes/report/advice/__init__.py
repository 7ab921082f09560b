"""The page of a run of vote advice: what was advised to whose answers, and the replies."""

from probes.report.advice.page import holds, page

__all__ = ["holds", "page"]
