"""One drop in SimPy, frame by frame."""
