"""Array types, units, random streams, errors, columns, time in frames, geometry."""
