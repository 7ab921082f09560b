"""What docs/method.md promises about coverage and error rates, measured again by simulation.

``python -m benchmarks.validity`` runs all parts; see `__main__`. A part is a module with
``rows(trials, seed)``, which yields a `world.Row` a promise and condition.
"""
