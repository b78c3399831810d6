"""Table 7.5-6 of TR 38.901 v19.4.0 read a second time, row by row as the report prints it, and its ZSD tables.

Columns are the states of UMi, UMa, RMa, InH and InF. `F` is lg(1 + f), `G` is lg f, `T` is the hall's V/S, `-` is N/A,
`c` is max(0.25, 6.5622 - 3.4084 lg f).
"""

import math

COLUMNS = [("umi", "los"), ("umi", "nlos"), ("umi", "o2i"), ("uma", "los"), ("uma", "nlos"), ("uma", "o2i"),
           ("rma", "los"), ("rma", "nlos"), ("rma", "o2i"), ("inh", "los"), ("inh", "nlos"), ("inf", "los"),
           ("inf", "nlos")]
ROWS = """
mean DS      -.18*F-7.28 -.22*F-6.87 -6.62 -7.067-.0794*G -6.47-.134*G -6.62 -7.49 -7.43 -7.47 -.01*F-7.692 -.28*F-7.173 lg(26*T+14)-9.35 lg(30*T+32)-9.44
std DS       .39 .19*F+.22 .32 .57+.026*G .39 .32 .55 .48 .24 .18 .10*F+.055 .15 .19
mean ASD     -.05*F+1.21 -.24*F+1.54 1.25 .92 1.09 .58 .90 .95 .67 1.60 1.62 1.56 1.57
std ASD      .08*F+.29 .10*F+.33 .42 .31 .44 .7 .38 .45 .18 .18 .25 .25 .2
mean ASA     -.07*F+1.66 -.07*F+1.76 1.76 1.76 2.04-.25*G 1.76 1.52 1.52 1.66 -.19*F+1.781 -.11*F+1.863 -.18*F+1.78 1.72
std ASA      .021*F+.26 .05*F+.27 .16 .19 .17-.03*G .16 .24 .13 .21 .12*F+.119 .12*F+.059 .12*F+.2 .3
mean ZSA     -.11*F+.81 -.03*F+.92 1.01 .96 -.2856*G+1.445 1.01 .47 .58 .93 -.26*F+1.44 -.15*F+1.387 -.2*F+1.5 -.13*F+1.45
std ZSA      -.03*F+.29 -.05*F+.35 .43 .15 .17 .43 .40 .37 .22 -.04*F+.264 -.09*F+.746 .35 .45
mean K       9 - - 9 - - 7 - - 7 - 7 -
std K        5 - - 3.5 - - 4 - - 4 - 8 -
ASD:DS       .5 0 .4 .4 .4 .4 0 -.4 0 .6 .4 0 0
ASA:DS       .8 .4 .4 .8 .6 .4 0 0 0 .8 0 0 0
ASA:SF       -.4 -.4 0 -.5 0 0 0 0 0 -.5 -.4 0 0
ASD:SF       -.5 0 .2 -.5 -.6 .2 0 .6 0 -.4 0 0 0
DS:SF        -.4 -.7 -.5 -.4 -.4 -.5 -.5 -.5 0 -.8 -.5 0 0
ASD:ASA      .4 0 0 0 .4 0 0 0 -.7 .4 0 0 0
ASD:K        -.2 - - 0 - - 0 - - 0 - -.5 -
ASA:K        -.3 - - -.2 - - 0 - - 0 - 0 -
DS:K         -.7 - - -.4 - - 0 - - -.5 - -.7 -
SF:K         .5 - - 0 - - 0 - - .5 - 0 -
ZSD:SF       0 0 0 0 0 0 .01 -.04 0 .2 0 0 0
ZSA:SF       0 0 0 -.8 -.4 0 -.17 -.25 0 .3 0 0 0
ZSD:K        0 - - 0 - - 0 - - 0 - 0 -
ZSA:K        0 - - 0 - - -.02 - - .1 - 0 -
ZSD:DS       0 -.5 -.6 -.2 -.5 -.6 -.05 -.10 0 .1 -.27 0 0
ZSA:DS       .2 0 -.2 0 0 -.2 .27 -.40 0 .2 -.06 0 0
ZSD:ASD      .5 .5 -.2 .5 .5 -.2 .73 .42 .66 .5 .35 0 0
ZSA:ASD      .3 .5 0 0 -.1 0 -.14 -.27 .47 0 .23 0 0
ZSD:ASA      0 0 0 -.3 0 0 -.20 -.18 -.55 0 -.08 0 0
ZSA:ASA      0 .2 .5 .4 0 .5 .24 .26 -.22 .5 .43 0 0
ZSD:ZSA      0 0 .5 0 0 .5 -.07 -.27 0 0 .42 0 0
r_tau        3 2.1 2.2 2.5 2.3 2.2 3.8 1.7 1.7 3.6 3 2.7 3
mean XPR     9 8 9 8 7 9 12 7 7 11 10 12 11
std XPR      3 3 5 4 3 5 4 3 3 4 4 6 6
N            12 19 12 12 20 12 11 10 10 15 19 25 25
M            20 20 20 20 20 20 20 20 20 20 20 20 20
c_DS         5 11 11 c c 11 - - - - - - -
c_ASD        3 10 5 3.58 1.8 1.8 2 2 2 5 5 5 5
c_ASA        17 22 8 11 15 8 3 3 3 8 11 8 8
c_ZSA        7 7 3 7 7 3 3 3 3 9 9 9 9
zeta         3 3 4 3 3 4 3 3 3 6 3 4 3
far DS       7 10 10 30 40 10 50 36 36 8 5 10 10
far ASD      8 10 11 18 50 11 25 30 30 7 3 10 10
far ASA      8 9 17 15 50 17 35 40 40 5 3 10 10
far SF       10 13 7 37 50 7 37 120 120 10 6 10 10
far K        15 - - 12 - - 40 - - 4 - 10 -
far ZSA      12 10 25 15 50 25 15 50 50 4 4 10 10
far ZSD      12 10 25 15 50 25 15 50 50 4 4 10 10
"""  # noqa: E501  # a row of the report is a row here
LSPS = ("SF", "K", "DS", "ASD", "ASA", "ZSD", "ZSA")  # step 4


def lowest_frequency(environment):
    """Return the carrier (GHz) below which parameters do not change: notes of parts 1 and 2, none of part 3 (InF)."""
    return {"uma": 6.0, "umi": 2.0, "inh": 6.0, "inf": 0.0, "rma": 0.0}[environment]


def column(environment, state, gigahertz, hall=4.0):
    """Return the parameters of a column by the names of `ROWS`; None where there is none."""
    family = environment.split("_")[0]
    f = max(gigahertz, lowest_frequency(family))
    names = {"F": math.log10(1 + f), "G": math.log10(f), "T": hall, "lg": math.log10,
             "c": max(0.25, 6.5622 - 3.4084 * math.log10(f))}
    place, found = COLUMNS.index((family, state)), {}
    for line in ROWS.strip().splitlines():
        words = line.split()
        name, text = " ".join(words[:len(words) - 13]), words[len(words) - 13 + place]
        found[name] = None if text == "-" else float(eval(text, {"__builtins__": {}}, names))  # of this file
    return found


def zenith_of_departure(environment, outdoors, gigahertz, distance, user_height, station_height):
    """Return mean and deviation of lg ZSD, and the offset (degrees): Tables 7.5-7 to 7.5-11.

    outdoors: "los" or "nlos", that of the part outdoors where a link goes into a building (of RMa always "nlos").
    """
    family = environment.split("_")[0]
    f, d, h = max(gigahertz, lowest_frequency(family)), distance, user_height
    if family == "uma":
        if outdoors == "los":
            return max(-0.5, -2.1 * d / 1000 - 0.01 * (h - 1.5) + 0.75), 0.40, 0.0
        a, c, e = 0.208 * math.log10(f) - 0.782, -0.13 * math.log10(f) + 2.03, 7.66 * math.log10(f) - 5.96
        offset = e - 10 ** (a * math.log10(max(25.0, d)) + c - 0.07 * (h - 1.5))
        return max(-0.5, -2.1 * d / 1000 - 0.01 * (h - 1.5) + 0.9), 0.49, offset
    if family == "umi":
        if outdoors == "los":
            return max(-0.21, -14.8 * d / 1000 + 0.01 * abs(h - station_height) + 0.83), 0.35, 0.0
        offset = -(10 ** (-1.5 * math.log10(max(10.0, d)) + 3.3))
        return max(-0.5, -3.1 * d / 1000 + 0.01 * max(h - station_height, 0.0) + 0.2), 0.35, offset
    if family == "rma":
        if outdoors == "los":
            return max(-1.0, -0.17 * d / 1000 - 0.01 * (h - 1.5) + 0.22), 0.34, 0.0
        offset = math.degrees(math.atan((35 - 3.5) / d) - math.atan((35 - 1.5) / d))
        return max(-1.0, -0.19 * d / 1000 - 0.01 * (h - 1.5) + 0.28), 0.30, offset
    if family == "inh":
        lg = math.log10(1 + f)
        return (-1.43 * lg + 2.228, 0.13 * lg + 0.30, 0.0) if outdoors == "los" else (1.08, 0.36, 0.0)
    return (1.35, 0.35, 0.0) if outdoors == "los" else (1.2, 0.55, 0.0)


def correlation_matrix(values):
    """Return the cross-correlations (rows of lists) in the order of step 4; those with K are 0 where there is none."""
    matrix = [[1.0 if i == j else 0.0 for j in range(7)] for i in range(7)]
    for name, value in values.items():
        if ":" in name and value is not None:
            i, j = (LSPS.index(part) for part in name.split(":"))
            matrix[i][j] = matrix[j][i] = value
    return matrix
