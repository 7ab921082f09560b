"""What conditions do to models: each against the first, steerability, sycophancy, challenges.

Takes placements and agreement, gives tables. Asks nothing; how conditions are put is in `asking`.
"""
