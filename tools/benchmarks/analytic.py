"""Time of the analytic values, every cache empty: processor time on one thread, beside the limits that were set."""

from isacsys import analysis
from isacsys.analysis import _cluster, _interference
from tools.benchmarks.timing import in_turn

LIMITS = {"communication rate": 2e-3, "sensing rate": 30e-3, "P1 table, M_t = 30": 2.0, "P1 table, M_t = 64": 15.0,
          "10^5 users drawn": 1.0, "10^5 targets drawn": 1.0}


def cold(function, **arguments):
    """The call without anything kept from an earlier one."""
    def call():
        for cached in (_interference.log_factor_on_grid, _cluster._hole, _cluster._outside):
            cached.cache_clear()
        return function(**arguments)
    return call


ONE = {
    "communication rate": cold(analysis.communication_rate, M_t=20, K=4, L=3),
    "communication rate, Theorem 1": cold(analysis.communication_rate_approximate, M_t=20, K=4, L=3),
    "communication coverage": cold(analysis.communication_coverage, threshold=1.0, M_t=20, K=4, L=3),
    "sensing rate": cold(analysis.sensing_rate, K=4, Q=3),
    "sensing rate, centre target": cold(analysis.sensing_rate, K=4, Q=3, cluster_center="target"),
    "sensing rate, 2 beta = 5": cold(analysis.sensing_rate, K=4, Q=3, beta=2.5),
    "sensing coverage": cold(analysis.sensing_coverage, threshold=1.0, K=4, Q=3),
}
MANY = {
    "P1 table, M_t = 30": cold(analysis.design_space, M_t=30, J_max=10),
    "P1 table, M_t = 64": cold(analysis.design_space, M_t=64, J_max=10),
    "10^5 users drawn": cold(analysis.sample_communication_sir, K=12, D=9),
    "10^5 targets drawn": cold(analysis.sample_sensing_sir, K=4, Q=3),
}


def speeds(quick=False):
    """Milliseconds, and what is allowed where a limit was set."""
    seconds = dict([*in_turn(ONE, 10 if quick else 50).items(), *in_turn(MANY, 1 if quick else 3).items()])
    return {name: {"ms": 1e3 * value, **({"limit_ms": 1e3 * LIMITS[name]} if name in LIMITS else {})}
            for name, value in seconds.items()}
