"""Training models: further pretraining on a corpus, and fine-tuning to classifiers.

Called by `cli` and `demo`; measures no political leaning itself.
"""
