"""Small-scale fading: drawn by its law or as vectors; ageing, feedback."""
