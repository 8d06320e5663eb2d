"""Training: the trainer, two recipes, losses, and what a run writes."""
