"""Programs within answers, examined by their tests in two sandboxes that talk over pipes."""
