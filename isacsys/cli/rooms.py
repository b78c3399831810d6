"""What commands use of the sub-packages below, each imported at its first use: to declare arguments takes none."""

from isacsys.core.lazy import LazyModule as _Lazy

(analysis, campaign, geography, link, metrics, plotting, propagation, report, scheduling, simulation) = (
    _Lazy(f"isacsys.{name}") for name in ("analysis", "campaign", "geography", "link", "metrics", "plotting",
                                          "propagation", "report", "scheduling", "simulation"))
detection_values, scenarios = _Lazy("isacsys.analysis.detection_values"), _Lazy("isacsys.analysis.scenarios")
progress, log_files = _Lazy("isacsys.campaign.progress"), _Lazy("isacsys.campaign.result")
roc_points, catalogue = _Lazy("isacsys.campaign.roc"), _Lazy("isacsys.config.catalogue")
curves, network_map, run_summary, style = (
    _Lazy(f"isacsys.plotting.{name}") for name in ("curves", "network_map", "run_summary", "style"))
loading, antenna_patterns = _Lazy("isacsys.plugins.loading"), _Lazy("isacsys.propagation.antenna_patterns")
atomic_files, player = _Lazy("isacsys.recording.atomic_files"), _Lazy("isacsys.report.player")
batch_rules = _Lazy("isacsys.simulation.batch_rules")
