"""Neighbour lists in plain loops: which sites are listed, who is strongest, and what lies beyond, one by one."""

import math


def away(one, other, side):
    gaps = [abs(a - b) for a, b in zip(one, other, strict=True)]
    return math.hypot(*(min(gap, length - gap) for gap, length in zip(gaps, side, strict=True)))


def nearest(place, sites, side, count):
    """Numbers of the ``count`` nearest sites."""
    return sorted(range(len(sites)), key=lambda i: away(place, sites[i], side))[:count]


def surroundings(place, gains, cell_sites, sites, side, count, near):
    """The strongest cells in the list of the site that is nearest to a place, their gains, and the sum of the others
    in it; ``gains`` of every cell.
    """
    listed = nearest(sites[nearest(place, sites, side, 1)[0]], sites, side, count)
    cells = [cell for cell, site in enumerate(cell_sites) if site in listed]
    cells.sort(key=lambda cell: -gains[cell])
    return cells[:near], [gains[cell] for cell in cells[:near]], sum(gains[cell] for cell in cells[near:])


def beyond(sites, side, power, count, gain):
    """The sum of ``power * gain(distance)`` over all sites that are in no list, of every site."""
    found = []
    for one in sites:
        listed = set(nearest(one, sites, side, count))
        found.append(sum(power[i] * gain(away(one, other, side))
                         for i, other in enumerate(sites) if i not in listed))
    return found
