"""From photos and other people's files to posed views, volumes and scenes."""
