"""The hotline's measurements, one scenario each. Figures go to benchmarks/results/hotline.md."""

from __future__ import annotations

import argparse
import contextlib
import os
from pathlib import Path

from benchmarks.hotline import asterisk, faults, fuzz, load, noises, real, soak
from benchmarks.hotline.stand import session_ahead

_NICE = -20


def main() -> None:
    with contextlib.suppress(OSError):  # it stands for a machine of its own, which is never short of time
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    session_ahead(os.getpid())
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hotline", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    one = kinds.add_parser("media", help="many calls against a scripted gateway")
    one.add_argument("--calls", type=int, default=50)
    one.add_argument("--seconds", type=float, default=300)
    one.set_defaults(run=lambda given: load.media(given.calls, given.seconds))
    one = kinds.add_parser("real", help="two conversations at a time with everything real")
    one.add_argument("--seconds", type=float, default=300)
    one.set_defaults(run=lambda given: real.real(given.seconds))
    one = kinds.add_parser("noises", help="what stops the voice, and what must not")
    one.add_argument("--each", type=int, default=36)
    one.set_defaults(run=lambda given: noises.noises(given.each))
    one = kinds.add_parser("faults", help="processes killed and stopped, odd callers")
    one.add_argument("--real", action="store_true", help="of the whole stack instead, about ten minutes")
    one.set_defaults(run=lambda given: faults.faults(given.real))
    one = kinds.add_parser("fuzz", help="nonsense at both doors")
    one.add_argument("--frames", type=int, default=10_000)
    one.set_defaults(run=lambda given: fuzz.fuzz(given.frames))
    one = kinds.add_parser("soak", help="calls for a long time")
    one.add_argument("--minutes", type=float, default=30)
    one.add_argument("--calls", type=int, default=10)
    one.set_defaults(run=lambda given: soak.soak(given.minutes, given.calls))
    one = kinds.add_parser("asterisk", help="behind a real Asterisk with the files of deploy/asterisk")
    one.add_argument("--program", default="/usr/sbin/asterisk", help="22.8 or later")
    one.add_argument("--root", type=Path, help="the system it is installed in, where that is not this one")
    one.add_argument("--real", action="store_true", help="also with the whole stack")
    one.set_defaults(run=lambda given: asterisk.asterisk(given.program, given.root, given.real))
    given = parser.parse_args()
    print(given.run(given))


if __name__ == "__main__":
    main()
