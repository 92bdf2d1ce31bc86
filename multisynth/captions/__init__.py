"""Captions of clips: what is seen, what happens and why, each sentence checked against the events it stands on."""
