"""What stations that sense a target together come to, pair by pair, in plain loops from the model alone.

Given are positions, who cooperates, the gains of beams towards the target, and those of interferers through filters.
"""

import math

LIGHT = 299_792_458.0


def displacement(one, other, side):
    """Shortest way on the torus."""
    way = [other[axis] - one[axis] for axis in (0, 1)]
    return [step - side[axis] * round(step / side[axis]) for axis, step in enumerate(way)]


def pair_sirs(stations, target, side, members, lit, noise, c, beta):
    """SIR of every pair (transmitter, receiver) of ``members``: ``c g_m R_m^-beta R_n^-beta / I_n``."""
    distance = {m: math.hypot(*displacement(stations[m], target, side)) for m in members}
    return {(m, n): c * lit[m] * distance[m] ** -beta * distance[n] ** -beta / noise[n]
            for m in members for n in members}


def interference(receiver, members, stations, side, gains, alpha, rejection, rest):
    """Power at a receiver: every station drawn, cooperating ones as far as they are not removed, and the rest."""
    total = rest
    for other, gain in gains.items():
        power = gain * math.hypot(*displacement(stations[receiver], stations[other], side)) ** -alpha
        total += power * rejection if other in members else power
    return total


def position_bound(stations, target, side, members, sirs, bandwidth, antennas, timing):
    """Root of the trace of the inverse of all information about the position, m."""
    xx = xy = yy = 0.0
    unit, length, seen = {}, {}, {}
    for m in members:
        way = displacement(stations[m], target, side)
        length[m] = math.hypot(*way)
        unit[m] = way[0] / length[m], way[1] / length[m]
        seen[m] = unit[m][0]
    for (m, n), sir in sirs.items():
        variance = 3 / (2 * math.pi**2 * bandwidth**2 * sir) + (timing**2 if m != n else 0)
        gx, gy = unit[m][0] + unit[n][0], unit[m][1] + unit[n][1]
        xx, xy, yy = (old + term / (LIGHT**2 * variance) for old, term in ((xx, gx * gx), (xy, gx * gy), (yy, gy * gy)))
    for n in members:
        gamma = sum(sirs[m, n] for m in members)
        of_cosine = gamma * math.pi**2 * (antennas**2 - 1) / 6
        # the cosine u_x changes by -u_y / r for every metre across the way
        slope = math.sqrt(1 - seen[n] ** 2) / (1e3 * length[n])
        vx, vy = -unit[n][1], unit[n][0]
        weight = of_cosine * slope**2
        xx, xy, yy = xx + weight * vx * vx, xy + weight * vx * vy, yy + weight * vy * vy
    return math.sqrt((xx + yy) / (xx * yy - xy * xy))


def threshold(pairs, false_alarm):
    """Of a sum of so many exponentials, by bisection of ``e^-t sum_k t^k / k!``."""
    low, high = 0.0, 1e4
    for _ in range(200):
        middle = (low + high) / 2
        tail = sum(math.exp(-middle + k * math.log(middle) - math.lgamma(k + 1)) for k in range(pairs))
        low, high = (middle, high) if tail > false_alarm else (low, middle)
    return low


def detected(total, pairs, false_alarm):
    """Mixture over a Poisson number: the sum of N powers is Gamma(N + n, 1), n Poisson of mean gamma."""
    level, missed = threshold(pairs, false_alarm), 0.0
    for n in range(int(total + 12 * math.sqrt(total) + 60)):
        weight = math.exp(-total + n * math.log(total) - math.lgamma(n + 1))
        tail = sum(math.exp(-level + k * math.log(level) - math.lgamma(k + 1)) for k in range(pairs + n))
        missed += weight * (1 - tail)
    return 1 - missed
