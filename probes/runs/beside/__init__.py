"""What stands beside the models of a run folder, and is not made of its answers."""
