"""Training on samples: supervised, on preferences, and by distillation."""
