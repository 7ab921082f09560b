"""Effects of a model's leaning on classification tasks: task files, and group fairness statistics
of predictions.

`task` reads and checks a task; `words` has the bag-of-words baseline; `predictions` reads
predictions; `metrics`, `draws`, `paired`, `contrasts`, `ensembles` and `controls` compute the
statistics, and `conclude` writes all tables. Loads no model.
"""
