"""Models at an OpenAI-compatible server: requests, replies, and scores from replies."""
