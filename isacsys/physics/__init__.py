"""Arrays in, arrays out: the physics of one frame.

Nothing here knows a scenario, an object or a unit: distances are in km, powers relative to what a base station
at full power gives at 1 km. `analysis` never imports this package, nor this one `analysis`: they check each other.
"""
