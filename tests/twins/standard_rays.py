"""Clusters, rays and channel coefficients of TR 38.901 v19 section 7.5, one term after another in plain loops.

Written from the report alone; angles in degrees, delays in seconds, powers linear, K in dB unless named otherwise.
Every random quantity (uniforms, normals, signs, couplings, phases) is an argument.
"""

import cmath
import math
from dataclasses import dataclass

# Table 7.5-2 and Table 7.5-4: scaling factors by the number of clusters.
C_PHI = {4: 0.779, 5: 0.860, 6: 0.921, 7: 0.973, 8: 1.018, 10: 1.090, 11: 1.123, 12: 1.146, 14: 1.190, 15: 1.211,
         16: 1.226, 19: 1.273, 20: 1.289, 25: 1.358}
C_THETA = {6: 0.788, 7: 0.847, 8: 0.889, 10: 0.957, 11: 1.031, 12: 1.104, 14: 1.1072, 15: 1.1088, 16: 1.1276,
           19: 1.184, 20: 1.178, 25: 1.282}
# Table 7.5-3: offsets of rays 1 to 20 for a spread of one degree.
OFFSETS = [sign * size for size in (0.0447, 0.1413, 0.2492, 0.3715, 0.5129, 0.6797, 0.8844, 1.1481, 1.5195, 2.1551)
           for sign in (1.0, -1.0)]
# Table 7.5-5: delay of the sub-cluster, in cluster delay spreads, that ray 1 to 20 belongs to.
SUBCLUSTER = dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 8, 19, 20), 0.0)
SUBCLUSTER.update(dict.fromkeys((9, 10, 11, 12, 17, 18), 1.28))
SUBCLUSTER.update(dict.fromkeys((13, 14, 15, 16), 2.56))
LIGHT = 3.0e8


# --------------------------------------------------------------------------- steps 4 to 7
def lower_cholesky(matrix):
    """Return the lower triangular factor of a symmetric positive definite matrix (lists of rows)."""
    size = len(matrix)
    factor = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            rest = matrix[row][column] - sum(factor[row][k] * factor[column][k] for k in range(column))
            factor[row][column] = math.sqrt(rest) if row == column else rest / factor[column][column]
    return factor


def large_scale(normals, correlation, means, deviations):
    """Return (SF dB, K dB, DS s, ASD, ASA, ZSD, ZSA deg) of seven independent normals in that order (step 4)."""
    factor = lower_cholesky(correlation)
    mixed = [sum(factor[i][j] * normals[j] for j in range(i + 1)) for i in range(7)]
    plain = [means[i] + deviations[i] * mixed[i] for i in range(7)]
    spreads = [10.0 ** value for value in plain[2:]]
    return [plain[0], plain[1], spreads[0], min(spreads[1], 104.0), min(spreads[2], 104.0), min(spreads[3], 52.0),
            min(spreads[4], 52.0)]


def delays(uniforms, r_tau, delay_spread):
    """Return the sorted cluster delays of equations (7.5-1) and (7.5-2)."""
    drawn = [-r_tau * delay_spread * math.log(x) for x in uniforms]
    return sorted(value - min(drawn) for value in drawn)


def los_delays(unscaled, k_db):
    """Return the delays over C_tau, equations (7.5-3) and (7.5-4)."""
    scale = 0.7705 - 0.0433 * k_db + 0.0002 * k_db**2 + 0.000017 * k_db**3
    return [delay / scale for delay in unscaled]


def powers(unscaled, shadows_db, r_tau, delay_spread):
    """Return the normalised cluster powers of (7.5-5) and (7.5-6); delays are those before C_tau."""
    drawn = [math.exp(-t * (r_tau - 1.0) / (r_tau * delay_spread)) * 10.0 ** (-z / 10.0)
             for t, z in zip(unscaled, shadows_db, strict=True)]
    return [p / sum(drawn) for p in drawn]


def powers_of_angles(cluster_powers, k_db):
    """Return the powers that angles are computed from: (7.5-8) in the line of sight (k_db), else (7.5-6)."""
    if k_db is None:
        return list(cluster_powers)
    k = 10.0 ** (k_db / 10.0)
    return [p / (k + 1.0) + (k / (k + 1.0) if n == 0 else 0.0) for n, p in enumerate(cluster_powers)]


def kept(cluster_powers):
    """Return the numbers of the clusters at most 25 dB below the strongest by (7.5-6)."""
    return [n for n, p in enumerate(cluster_powers) if 10.0 * math.log10(p / max(cluster_powers)) >= -25.0]


def azimuths(angle_powers, spread, k_db, signs, jitters, los):
    """Return the azimuths of clusters (7.5-9) to (7.5-12); jitters are standard normals."""
    scale = C_PHI[len(angle_powers)]
    if k_db is not None:
        scale *= 1.1035 - 0.028 * k_db - 0.002 * k_db**2 + 0.0001 * k_db**3
    moved = [signs[n] * 2.0 * (spread / 1.4) * math.sqrt(-math.log(p / max(angle_powers))) / scale
             + jitters[n] * spread / 7.0 for n, p in enumerate(angle_powers)]
    if k_db is not None:
        moved = [value - moved[0] for value in moved]
    return [los + value for value in moved]


def zeniths(angle_powers, spread, k_db, signs, jitters, mean, offset=0.0):
    """Return the zeniths of clusters (7.5-14) to (7.5-19); `offset` is that of departures (no line of sight)."""
    scale = C_THETA[len(angle_powers)]
    if k_db is not None:
        scale *= 1.3086 + 0.0339 * k_db - 0.0077 * k_db**2 + 0.0002 * k_db**3
    moved = [signs[n] * -spread * math.log(p / max(angle_powers)) / scale + jitters[n] * spread / 7.0
             for n, p in enumerate(angle_powers)]
    if k_db is not None:
        return [mean + value - moved[0] for value in moved]
    return [mean + offset + value for value in moved]


def fold(zenith):
    """Return the zenith within [0, 180] degrees (below (7.5-18))."""
    zenith %= 360.0
    return 360.0 - zenith if zenith > 180.0 else zenith


def rays_of(cluster, spread, order):
    """Return a cluster's angles of rays with the offsets in the given order of ray numbers 1 to 20."""
    return [cluster + spread * OFFSETS[number - 1] for number in order]


# --------------------------------------------------------------------------- antennas, sections 7.1 and 7.3
def unit(zenith, azimuth):
    """Return the unit vector of a direction, (7.5-23)."""
    t, p = math.radians(zenith), math.radians(azimuth)
    return (math.sin(t) * math.cos(p), math.sin(t) * math.sin(p), math.cos(t))


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def element_gain_db(zenith, azimuth):
    """Return the gain of an element in dBi, Table 7.3-1, in the element's own coordinates."""
    azimuth = (azimuth + 180.0) % 360.0 - 180.0
    vertical = -min(12.0 * ((zenith - 90.0) / 65.0) ** 2, 30.0)
    horizontal = -min(12.0 * (azimuth / 65.0) ** 2, 30.0)
    return 8.0 - min(-(vertical + horizontal), 30.0)


def column_factor(zenith, elements, tilt, spacing=0.5):
    """Return the complex sum over a column steered to zenith `tilt` (36.897 5.2.2), phase at its centre."""
    total = 0j
    for n in range(elements):
        height = (n - (elements - 1) / 2.0) * spacing
        weight = cmath.exp(-2j * math.pi * height * math.cos(math.radians(tilt))) / math.sqrt(elements)
        total += weight * cmath.exp(2j * math.pi * height * math.cos(math.radians(zenith)))
    return total


def local_direction(zenith, azimuth, bearing, downtilt=0.0, slant=0.0):
    """Return zenith and azimuth in the array's coordinates and psi, (7.1-7), (7.1-8), (7.1-15)."""
    t, p = math.radians(zenith), math.radians(azimuth - bearing)
    b, g = math.radians(downtilt), math.radians(slant)
    cosine = (math.cos(b) * math.cos(g) * math.cos(t)
              + (math.sin(b) * math.cos(g) * math.cos(p) - math.sin(g) * math.sin(p)) * math.sin(t))
    across = complex(math.cos(b) * math.sin(t) * math.cos(p) - math.sin(b) * math.cos(t),
                     math.cos(b) * math.sin(g) * math.cos(t)
                     + (math.sin(b) * math.sin(g) * math.cos(p) + math.cos(g) * math.sin(p)) * math.sin(t))
    turn = complex(math.sin(g) * math.cos(t) * math.sin(p)
                   + math.cos(g) * (math.cos(b) * math.sin(t) - math.sin(b) * math.cos(t) * math.cos(p)),
                   math.sin(g) * math.cos(p) + math.sin(b) * math.cos(g) * math.sin(p))
    return (math.degrees(math.acos(max(-1.0, min(1.0, cosine)))), math.degrees(cmath.phase(across)), cmath.phase(turn))


def slanted(amplitude, slant, psi=0.0):
    """Return (F_theta, F_phi) of polarisation model 2 with a slant in degrees, (7.3-4), turned by psi (7.1-11)."""
    theta, phi = amplitude * math.cos(math.radians(slant)), amplitude * math.sin(math.radians(slant))
    return (theta * math.cos(psi) - phi * math.sin(psi), theta * math.sin(psi) + phi * math.cos(psi))


# --------------------------------------------------------------------------- step 11
@dataclass
class Ray:
    """One ray: power, delay (s), angles (degrees), XPR (linear) and the four phases tt, tp, pt, pp (rad)."""

    power: float
    delay: float
    zod: float
    aod: float
    zoa: float
    aoa: float
    kappa: float = math.inf
    phases: tuple = (0.0, 0.0, 0.0, 0.0)
    los: bool = False


def ray_delays(cluster_delays, cluster_powers, spread):
    """Return delays [cluster][20] with the sub-clusters of the two strongest clusters, (7.5-26), spread in s."""
    strongest = sorted(range(len(cluster_powers)), key=lambda n: -cluster_powers[n])[:2]
    table = []
    for n, delay in enumerate(cluster_delays):
        table.append([delay + (SUBCLUSTER[m] * spread if n in strongest else 0.0) for m in range(1, 21)])
    return table


def matrix(ray):
    """Return the polarisation matrix of a ray, (7.5-22), or that of the line of sight, (7.5-29)."""
    if ray.los:
        turn = cmath.exp(1j * ray.phases[0])
        return ((turn, 0j), (0j, -turn))
    cross = math.sqrt(1.0 / ray.kappa)
    tt, tp, pt, pp = ray.phases
    return ((cmath.exp(1j * tt), cross * cmath.exp(1j * tp)), (cross * cmath.exp(1j * pt), cmath.exp(1j * pp)))


def los_phase(distance, wavelength):
    """Return the phase of the line of sight, -2 pi d / lambda (7.5-29), rad."""
    return -2.0 * math.pi * distance / wavelength


def coefficient(ray, receive, transmit, receiver_at, transmitter_at, wavelength, velocity, time, offset_hz):
    """Return the term of one ray in (7.5-22) or (7.5-29), at a time and a frequency off the carrier.

    receive, transmit: (F_theta, F_phi) in the direction of the ray. Places in m about the phase centre.
    """
    rows = matrix(ray)
    field = 0j
    for i in range(2):
        for j in range(2):
            field += receive[i] * rows[i][j] * transmit[j]
    arrival, departure = unit(ray.zoa, ray.aoa), unit(ray.zod, ray.aod)
    turn = (dot(arrival, receiver_at) + dot(departure, transmitter_at) + dot(arrival, velocity) * time) / wavelength
    return math.sqrt(ray.power) * field * cmath.exp(2j * math.pi * (turn - offset_hz * ray.delay))


def rician(rays, k_db):
    """Return the rays with the share of (7.5-30): scattered 1/(K+1), the line of sight K/(K+1); its power is 1."""
    k = 10.0 ** (k_db / 10.0)
    return [Ray(ray.power * (k if ray.los else 1.0) / (k + 1.0), ray.delay, ray.zod, ray.aod, ray.zoa, ray.aoa,
                ray.kappa, ray.phases, ray.los) for ray in rays]
