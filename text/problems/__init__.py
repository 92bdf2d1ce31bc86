"""Problems with gold answers or checks: drawn, procedural, or from files."""
