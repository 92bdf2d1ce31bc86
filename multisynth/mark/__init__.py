"""Marks that say what is synthetic: the text watermark, its key and its audit."""
