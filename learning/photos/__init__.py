"""What is trained on: sets of photos, their squares, and batches of these."""
