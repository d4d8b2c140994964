"""How well the models understand: held-out sentences, cross validation, comparison of pipelines."""
