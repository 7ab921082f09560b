"""Corpora placed as models are: passages about statements, found, judged, and concluded."""
