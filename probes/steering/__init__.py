"""Effects of conditions on models: differences from the first condition, steerability, sycophancy,
counter-arguments.

Computes tables from placements and agreement. Asks no model; `asking` puts the conditions.
"""
