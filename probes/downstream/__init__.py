"""What a leaning does to a task: task files, and numbers of fairness made of predictions alone.

`tasks` and `texts` read a task; `words` and `check` say what it is worth. `predictions` reads what
models predicted; `metrics`, `draws`, `paired`, `gaps`, `ensembles` and `controls` make the numbers,
and `conclude` writes every table. Loads no model.
"""
