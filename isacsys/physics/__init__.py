"""Arrays in, arrays out: the physics of one frame."""
