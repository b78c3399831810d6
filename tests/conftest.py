"""Settings of all tests: hypothesis judges what is found, not how long it takes on a machine that has other work."""

from hypothesis import HealthCheck, settings

settings.register_profile("isacsys", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("isacsys")
