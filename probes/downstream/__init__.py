"""What a leaning does to a task: task files, and numbers of fairness made of predictions alone.

`task` reads a task and says what it is worth; `words` predicts from words alone. `predictions`
reads what models predicted; `metrics`, `draws`, `paired`, `contrasts`, `ensembles` and `controls`
make the numbers, and `conclude` writes every table. Loads no model.
"""
