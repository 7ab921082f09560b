"""Several run folders read side by side, as instruments or ways of asking; nothing is written."""
