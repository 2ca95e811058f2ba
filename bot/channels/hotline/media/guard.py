"""The watchdog's child: a script of the standard library alone, some 9 MB. Kills its parent when no beat comes.

Arguments: the parent's process id, and after how many seconds. Beats are bytes on standard input; its end is the
parent's orderly end. A stopped or stuck process keeps its calls open and says nothing; a dead one gives them back.
"""

import os
import select
import signal
import sys


def main() -> None:
    parent, patience_s = int(sys.argv[1]), float(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([0], [], [], patience_s)
        if ready:
            if not os.read(0, 4096):
                return
        elif os.getppid() == parent:
            sys.stderr.write("hotline: no sign of life, the process is killed so that its calls go to people\n")
            os.kill(parent, signal.SIGKILL)
            return
        else:
            return


if __name__ == "__main__":
    main()
