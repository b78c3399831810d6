"""How does the position bound of N stations that sense together scale? The claimed laws put to the test.

    python scenarios/scaling_law.py [--samples N] [-o FILE.png]

Median of tr F^-1 for a target among Poisson stations (density 1), the N nearest of which light it and listen: by
delays, by bearings, by both; for echoes that fall off with beta = 2, 2.5, 3 on each way; without interference, and
with what all other stations, at full power and alpha = 4, send into every receiver. Claimed, for beta = 2:
information like ln^2 N by delays (arXiv 2404.14514), so that 1/sqrt(median) is affine in ln N, and like ln N by
bearings (arXiv 2410.06365), so that 1/median is.
"""

import argparse

import numpy as np

from isacsys.sensing import fusion
from isacsys.sensing.accuracy import LIGHT

NUMBERS = (2, 4, 8, 16, 32, 64, 128)
RANGES = ((4, 8), (8, 32), (32, 128))
BETAS = (2.0, 2.5, 3.0)
ALPHA, BEYOND = 4.0, 64  # of interference, and how many stations beyond the N are drawn
UNIT = LIGHT / np.sqrt(2 * np.pi**2 / 3)  # bandwidth at which a delay at gamma = 1 tells one unit of distance
ANTENNAS = 2  # bearings at gamma = 1 tell pi^2 / 2


def network(rng, samples, number):
    """Distances and directions of the nearest stations of a target, [sample, station]."""
    squares = np.cumsum(rng.standard_exponential((samples, number + BEYOND)), axis=1) / np.pi
    angle = rng.uniform(0, 2 * np.pi, squares.shape)
    return np.sqrt(squares), np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def interference(distance, direction, number):
    """Power at each of the N receivers from the stations that do not cooperate, [sample, N]."""
    place = distance[..., None] * direction
    apart = np.linalg.norm(place[:, :number, None] - place[:, None, number:], axis=-1)
    far = 2 * np.pi / (ALPHA - 2) * distance[:, -1] ** (2 - ALPHA)
    return np.sum(apart**-ALPHA, axis=-1) + far[:, None]


def bounds(number, beta, disturbed, samples, seed=1, block=200):
    """Medians of tr F^-1 by delays, by bearings, by both."""
    rng, found = np.random.default_rng([seed, number]), []
    for _ in range(0, samples, block):
        distance, direction = network(rng, block, number)
        near, way = direction[:, :number], distance[:, :number] ** -beta
        noise = interference(distance, direction, number) if disturbed else np.ones_like(way)
        sir = way[:, :, None] * (way / noise)[:, None, :]
        delays = by_delays(sir, near)
        # cosine 0: an array that faces its target
        bearings = fusion.bearings(sir, near, distance[:, :number], np.zeros_like(way), ANTENNAS)
        found.append([fusion.bound(f) ** 2 for f in (delays, bearings, delays + bearings)])
    return np.median(np.concatenate(found, axis=1), axis=1)


def by_delays(sir, direction):
    """``sum_mn gamma_mn (u_m + u_n)(u_m + u_n)^T``, in sums over stations where N^2 pairs would take long."""
    if sir.shape[-1] <= 8:
        return fusion.delays(sir, direction, UNIT)
    own = np.einsum("smn,smi,smj->sij", sir, direction, direction, optimize=True) + np.einsum(
        "smn,sni,snj->sij", sir, direction, direction, optimize=True)
    cross = direction.swapaxes(1, 2) @ sir @ direction
    return own + cross + cross.swapaxes(1, 2)


def slopes(values, power):
    """Growth of ``median^(-power/2)`` per unit of ln N, in three ranges of N."""
    at = dict(zip(NUMBERS, values ** (-power / 2), strict=True))
    return [(at[high] - at[low]) / np.log(high / low) for low, high in RANGES]


def verdict(values, power):
    """Say whether ``median^(-power/2)`` is affine in ln N."""
    first, _, last = slopes(values, power)
    if abs(last / first - 1) < 0.25:
        return "affine in ln N, as claimed"
    return "grows faster than ln N" if last > first else "grows slower than ln N"


def main(arguments=None):
    """Print medians, slopes and a sentence for each law; draw them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("-o", "--output")
    options = parser.parse_args(arguments)
    table = {}
    for beta in BETAS:
        for disturbed in (False, True):
            medians = np.array([bounds(n, beta, disturbed, options.samples) for n in NUMBERS]).T
            for name, power, values in zip(("delays", "bearings", "both"), (1, 2, 1), medians, strict=True):
                table[beta, disturbed, name] = values
                what = f"beta = {beta:g}, {'with' if disturbed else 'no'} interference, {name}"
                print(what.ljust(44) + " ".join(f"{value:.3g}".rjust(8) for value in values))
                print("    slopes of 1/" + ("sqrt(median)" if power == 1 else "median") + " over ln N: "
                      + ", ".join(f"{slope:.3g}" for slope in slopes(values, power)) + f"; {verdict(values, power)}",
                      flush=True)
    if options.output:
        draw(table, options.output)
    return table


def draw(table, path):
    """Draw 1/sqrt(median) of delays over N, and the claimed line through the first points at beta = 2."""
    from isacsys import plotting

    figure, axes = plotting.figure(panels=2, width=9.0, height=4.2)
    for panel, (disturbed, title) in zip(axes, ((False, "no interference"), (True, "interference")), strict=True):
        for i, beta in enumerate(BETAS):
            panel.plot(NUMBERS, table[beta, disturbed, "delays"] ** -0.5, "o-", color=f"C{i}", label=f"beta = {beta:g}")
        claimed = table[2.0, disturbed, "delays"][1] ** -0.5 + np.pi / np.sqrt(2) * np.log(np.array(NUMBERS) / 4)
        panel.plot(NUMBERS, claimed, "k:", label="ln N, slope pi/sqrt(2)")
        panel.set_xscale("log")
        plotting.axis(panel, "stations $N$", "1 / root of the median bound", f"delays, {title}")
        panel.legend()
    figure.savefig(path)


if __name__ == "__main__":
    main()
