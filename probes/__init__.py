"""probes: measure the political leanings of language models, with uncertainty."""

__version__ = "0.1.0"
