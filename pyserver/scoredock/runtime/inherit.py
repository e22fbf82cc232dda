"""Take the listening socket of another service over, then become the program named by the arguments.

``python inherit.py CONTROL PROGRAM ARGUMENT...`` asks the service behind the control socket for its sockets and runs
PROGRAM in its own place with ``--bind fd://N`` added. For a service in a container, whose starter on the host cannot pass
it an open socket.
"""

from __future__ import annotations

import array
import os
import socket
import sys


def listener_of(control: str) -> int:
    """The scoring socket: the last that the service names. Raises OSError when it cannot be had."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(10)
        line.connect(control)
        line.sendall(b'{"command": "listeners"}\n')
        descriptors = array.array("i")
        _, ancillary, _, _ = line.recvmsg(4096, socket.CMSG_LEN(8 * descriptors.itemsize))
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    if not descriptors:
        raise OSError("the service named no socket")
    for other in descriptors[:-1]:
        os.close(other)
    return descriptors[-1]


def main() -> None:
    descriptor = listener_of(sys.argv[1])
    os.set_inheritable(descriptor, True)
    os.execv(sys.executable, [sys.executable, "-u", *sys.argv[2:], "--bind", "fd://%d" % descriptor])  # noqa: S606


if __name__ == "__main__":
    main()
