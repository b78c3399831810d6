"""Steps 4 to 11 of TR 38.901 section 7.5 for one link, with loops over rays, by the formulas of the report alone.

Written before the package had a kernel. It takes the random numbers (so that both see the same) and reads the tables of
the package, which are checked against other data; it shares no formula with it.
"""

import cmath
import math

ALPHA = [s * a for a in (0.0447, 0.1413, 0.2492, 0.3715, 0.5129, 0.6797, 0.8844, 1.1481, 1.5195, 2.1551)
         for s in (1, -1)]
SUB = {ray: i for i, rays in enumerate([(1, 2, 3, 4, 5, 6, 7, 8, 19, 20), (9, 10, 11, 12, 17, 18), (13, 14, 15, 16)])
       for ray in rays}
C_PHI = {4: .779, 5: .860, 6: .921, 7: .973, 8: 1.018, 10: 1.090, 11: 1.123, 12: 1.146, 14: 1.190, 15: 1.211,
         16: 1.226, 19: 1.273, 20: 1.289, 25: 1.358}
C_THETA = {6: .788, 7: .847, 8: .889, 10: .957, 11: 1.031, 12: 1.104, 14: 1.1072, 15: 1.1088, 16: 1.1276, 19: 1.184,
           20: 1.178, 25: 1.282}


def permutations(keys, strong):
    """Sort by (sub-cluster of the place, key): the place of a ray in that order is the ray it is coupled with.

    Rays are listed by sub-cluster: 1-8, 19, 20; 9-12, 17, 18; 13-16. A tie of the top 25 bits keeps the order.
    """
    found = []
    for n, row in enumerate(keys):
        def sub(i):
            return 0 if i < 10 else 1 if i < 16 else 2
        found.append(sorted(range(20), key=lambda i: (sub(i) if n in strong else 0, (int(row[i]) >> 5) % 2**25, i)))
    return found


def rays(state, spreads, los, d):
    """All rays of a link.

    Parameters: state has N, r_tau, zeta (dB), c_ds (s), c_asd, c_asa, c_zsa (degrees), mu_xpr, sigma_xpr (dB), los,
    o2i. spreads: K (dB), DS (s), ASD, ASA, ZSD, ZSA (degrees), mean_zsd (10^mu), offset (degrees). los: aod, aoa, zoa,
    zod in degrees, d3d in wavelengths. d: delay [N], shadowing [N], sign [4][N], jitter [4][N], keys [3][N][20],
    phase [N][20][p] in turns, cross_polar [N][20] or None; angles in the order AOD, AOA, ZOA, ZOD.

    Returns a list of dicts (power, delay, aod, aoa, zoa, zod, phases, kappa), the ray in the line of sight last.
    """
    n_clusters, k_db = state["N"], spreads["K"]
    # Step 5
    tau = [-state["r_tau"] * spreads["DS"] * math.log(x) for x in d["delay"]]
    order = sorted(range(n_clusters), key=lambda n: tau[n])
    tau = [tau[n] - min(tau) for n in order]  # (7.5-2); Z is drawn for clusters in order of delay
    # Step 6
    prime = [math.exp(-t * (state["r_tau"] - 1) / (state["r_tau"] * spreads["DS"])) * 10 ** (-state["zeta"] * z / 10)
             for t, z in zip(tau, d["shadowing"], strict=True)]
    power = [p / sum(prime) for p in prime]
    k = 10 ** (k_db / 10) if state["los"] else 0.0
    angular = [p / (k + 1) + (k / (k + 1) if state["los"] and n == 0 else 0) for n, p in enumerate(power)]
    if state["los"]:
        tau = [t / (0.7705 - 0.0433 * k_db + 0.0002 * k_db**2 + 0.000017 * k_db**3) for t in tau]
    strong = sorted(range(n_clusters), key=lambda n: -power[n])[:2]
    kept = [n for n in range(n_clusters) if 10 * math.log10(power[n] / max(power)) >= -25]
    # Step 7
    c_phi, c_theta = C_PHI[n_clusters], C_THETA[n_clusters]
    if state["los"]:
        c_phi *= 1.1035 - 0.028 * k_db - 0.002 * k_db**2 + 0.0001 * k_db**3
        c_theta *= 1.3086 + 0.0339 * k_db - 0.0077 * k_db**2 + 0.0002 * k_db**3
    angle = {}
    for i, (name, spread) in enumerate((("aod", "ASD"), ("aoa", "ASA"), ("zoa", "ZSA"), ("zod", "ZSD"))):
        spread = spreads[spread]
        found = []
        for n in range(n_clusters):
            ratio = -math.log(angular[n] / max(angular))
            prime_n = 2 * (spread / 1.4) * math.sqrt(ratio) / c_phi if i < 2 else spread * ratio / c_theta
            found.append(d["sign"][i][n] * prime_n + d["jitter"][i][n] * spread / 7)
        if state["los"]:
            found = [a - found[0] + los[name] for a in found]
        else:
            centre = los[name]
            if name == "zoa" and state["o2i"]:
                centre = 90.0
            if name == "zod":
                centre += spreads["offset"]
            found = [a + centre for a in found]
        angle[name] = found
    # Steps 8 to 11
    listed = [m for sub in range(3) for m in range(20) if SUB[m + 1] == sub]
    coupled = [permutations(keys, strong) for keys in d["keys"]]
    out = []
    for n in kept:
        for place, m in enumerate(listed):
            other = [listed[coupled[q][n][place]] for q in range(3)]
            zoa = fold(angle["zoa"][n] + state["c_zsa"] * ALPHA[other[1]])
            zod = fold(angle["zod"][n] + 3 / 8 * spreads["mean_zsd"] * ALPHA[other[2]])
            late = (0, 1.28, 2.56)[SUB[m + 1]] * state["c_ds"] if n in strong else 0.0
            kappa = math.inf
            if d["cross_polar"] is not None:
                kappa = 10 ** ((state["mu_xpr"] + state["sigma_xpr"] * d["cross_polar"][n][place]) / 10)
            out.append({"power": power[n] / 20 / (k + 1), "delay": tau[n] + late,
                        "aod": angle["aod"][n] + state["c_asd"] * ALPHA[m],
                        "aoa": angle["aoa"][n] + state["c_asa"] * ALPHA[other[0]], "zoa": zoa, "zod": zod,
                        "phases": list(d["phase"][n][place]), "kappa": kappa})
    if state["los"]:
        turn = -los["d3d"]
        out.append({"power": k / (k + 1), "delay": tau[0], **{a: los[a] for a in ("aod", "aoa", "zoa", "zod")},
                    "phases": [turn, None, None, turn + 0.5], "kappa": math.inf})
    return out


def fold(zenith):
    zenith %= 360
    return 360 - zenith if zenith > 180 else zenith


def direction(zenith, azimuth):
    z, a = math.radians(zenith), math.radians(azimuth)
    return math.sin(z) * math.cos(a), math.sin(z) * math.sin(a), math.cos(z)


def dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def coefficient(all_rays, receive, transmit, frequency, walked=(0.0, 0.0, 0.0)):
    """H_{u,s} at a frequency (Hz off the carrier), (7.5-22) to (7.5-30).

    receive, transmit: (field(zenith, azimuth) -> (F_theta, F_phi), place in wavelengths). walked: v t in wavelengths.
    """
    total = 0j
    for ray in all_rays:
        arriving, leaving = direction(ray["zoa"], ray["aoa"]), direction(ray["zod"], ray["aod"])
        r_theta, r_phi = receive[0](ray["zoa"], ray["aoa"])
        t_theta, t_phi = transmit[0](ray["zod"], ray["aod"])
        phases = [0 if p is None else cmath.exp(2j * math.pi * p) for p in ray["phases"]]
        if len(phases) == 1:
            matrix = r_theta * phases[0] * t_theta
        else:
            cross = math.sqrt(1 / ray["kappa"])
            matrix = (r_theta * (phases[0] * t_theta + cross * phases[1] * t_phi)
                      + r_phi * (cross * phases[2] * t_theta + phases[3] * t_phi))
        turns = (dot(arriving, receive[1]) + dot(leaving, transmit[1]) + dot(arriving, walked)
                 - frequency * ray["delay"])
        total += math.sqrt(ray["power"]) * matrix * cmath.exp(2j * math.pi * turns)
    return total
