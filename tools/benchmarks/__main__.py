"""``tools/bench``: one command, one table."""

import argparse
import json

from tools.benchmarks import analytic, built, channels, checkout, frames, scale, small_networks


def figures(quick):
    """Everything, as nested mappings."""
    rounds, drops = (5, 12) if quick else (25, 60)
    return {
        "frame at 100 stations, log included": {case: frames.against(case, rounds) for case in frames.CASES},
        "a drop of one frame": {case: frames.fresh(case, rounds) for case in frames.CASES},
        "everything on, against a static frame": {
            case: frames.everything(case, rounds) for case in frames.CASES},
        "chosen beams (K=12 L=1), against zero forcing": {
            name: frames.design(name, rounds) for name in frames.DESIGNS},
        "clusters that do more than null (K=4)": {
            name: frames.cooperation(name, rounds) for name in frames.COOPERATION},
        "links of NR (K=12 L=1), against the Shannon rate": {name: frames.links(name, rounds) for name in frames.LINKS},
        "a million blocks through the law of their errors": {"one core": frames.blocks()},
        "percent of the time": {case: frames.shares(case) for case in frames.CASES},
        "runs of small networks, against drops one by one": small_networks.one_by_one(3 if quick else 7),
        "a vector of 16 networks of 7 stations, over 16 single ones": {"steps": small_networks.vectors(rounds)},
        "102 cells of UMa against the power law": {"K=10 L=1": built.ratios(rounds)},
        "rays at 60 cells of UMa (K=10), against normal draws": {
            f"{bands} sub-bands": channels.ratios(bands, rounds) for bands in (1, 4)},
        "size (K=12 L=1)": scale.sizes((100, 1000) if quick else (100, 1000, 10000)),
        "workers": {"1 and 2": scale.workers(drops)},
        "recording": {"links": scale.recording(drops // 2)},
        "analytic values": analytic.speeds(quick),
    }


def main():
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, nothing above 1,000 stations")
    parser.add_argument("--against", metavar="CHECKOUT", help="only frames, against those of another checkout")
    options = parser.parse_args()
    if options.against:
        results = {f"a frame here over one of {options.against}": checkout.against(options.against),
                   f"runs of small networks, against {options.against}": small_networks.against(options.against)}
    else:
        results = figures(options.quick)
    if options.json:
        print(json.dumps(results))
        return
    for title, rows in results.items():
        print(f"\n{title}")
        for name, row in rows.items():
            print(f"  {name!s:18}" + "  ".join(f"{key} {value:.3g}" for key, value in row.items()))


if __name__ == "__main__":
    main()
