"""Simulations that check the coverage and error rates stated in docs/method.md.

``python -m benchmarks.validity`` runs all parts; see `__main__`. A part is a module with a function
``rows(trials, seed)``, which yields a `world.Row` for each promise and condition.
"""
