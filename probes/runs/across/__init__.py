"""Several run folders read together, as instruments or as methods of asking; writes nothing."""
