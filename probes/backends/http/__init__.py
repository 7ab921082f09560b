"""What asking a model over HTTP takes: one request, what comes back, and what that is worth."""
