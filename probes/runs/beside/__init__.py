"""Parts of a run folder that do not come from the agreement estimator."""
