"""Timing on a noisy machine: things to compare take turns, and medians of processor time count."""

import statistics
import time


class Turns:
    """Seconds of named calls, one for every round; read one by its name, and get the median."""

    def __init__(self, seconds):
        self._seconds = seconds

    def __getitem__(self, name):
        return statistics.median(self._seconds[name])

    def items(self):
        """Names and medians."""
        return [(name, self[name]) for name in self._seconds]

    def ratio(self, one, other):
        """Median ratio of two calls of the same round: a machine that changes its pace changes it for both."""
        return statistics.median(a / b for a, b in zip(self._seconds[one], self._seconds[other], strict=True))


def in_turn(calls, rounds, block=1, clock=time.process_time):
    """Time every named call in turn, so that a slow minute hits all alike.

    What follows itself in real use is measured so: ``block`` calls at a time, but for one of the name "reference".
    """
    seconds = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            times = 1 if name == "reference" else block
            start = clock()
            for _ in range(times):
                call()
            seconds[name].append((clock() - start) / times)
    return Turns(seconds)


class Shares:
    """Processor time spent in named functions, time in nested ones counted for these alone."""

    def __init__(self):
        self.seconds, self._stack, self._undo = {}, [], []

    def watch(self, owner, attribute, name):
        """Count calls of ``owner.attribute`` under ``name`` until `restore`."""
        original = getattr(owner, attribute)

        def timed(*args, **kwargs):
            with_children = [0.0]
            self._stack.append(with_children)
            start = time.process_time()
            try:
                return original(*args, **kwargs)
            finally:
                spent = time.process_time() - start
                self._stack.pop()
                self.seconds[name] = self.seconds.get(name, 0.0) + spent - with_children[0]
                if self._stack:
                    self._stack[-1][0] += spent

        setattr(owner, attribute, timed)
        self._undo.append((owner, attribute, original))

    def restore(self):
        """Put the functions back."""
        for owner, attribute, original in self._undo:
            setattr(owner, attribute, original)
