"""What a frame is for: communication and sensing, accounted link by link."""
