"""What stands beside the models on the page, where a run has it: people, and conditions."""
