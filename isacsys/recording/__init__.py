"""What is kept of a simulation, and how."""
