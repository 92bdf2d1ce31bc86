"""Code to text: tutorials of a repository whose blocks run."""
