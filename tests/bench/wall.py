"""wall.py: what a user waits for, in seconds of this machine, and what is in use then."""

import re
import statistics
import time

import machine                          # (finds enso.py)
from enso import PROMPT, Host

ROUNDS = 5
MEM = 2048


def _timed(host, command, *patterns):
    """Types a command; the seconds from its Enter to each pattern in turn."""
    host.send(command)
    host.expect(re.escape(command))
    start = time.monotonic()
    host.send("\r")
    seconds = []
    for pattern in patterns:
        host.expect(pattern, timeout=60)
        seconds.append(time.monotonic() - start)
    return seconds


def _leave(host):
    host.send("\x1d")
    host.expect(PROMPT)


def boot(results):
    table = results.section("wall time from the start of QEMU, seconds, median of %d" % ROUNDS, ("Enso",))
    marks = ("hypervisor's first line", "control domain started", "prompt")
    seconds = {m: [] for m in marks}
    for _ in range(ROUNDS):
        host = Host("bench-boot", mem=MEM)
        start = time.monotonic()
        try:
            host.start(prompt=False)
            for mark, pattern in zip(marks, (r"\(enso\) Enso", "Enso control domain", PROMPT)):
                host.expect(pattern, timeout=60)
                seconds[mark].append(time.monotonic() - start)
        finally:
            host.stop()
    for mark in marks:
        table.row(mark, statistics.median(seconds[mark]))


def _tiny_guest(host, table):
    first, returns, gone, listed = [], [], [], []
    for _ in range(ROUNDS * 2):
        returns += _timed(host, "create /hello.cfg", PROMPT)
        gone += _timed(host, "destroy hello", PROMPT)
        first += _timed(host, "create -c /hello.cfg", "hello: ")
        _leave(host)
        listed += _timed(host, "list", PROMPT)
        host.cli("destroy hello")
    for name, values in (("create hello: prompt again", returns), ("create -c hello: its first line", first),
                         ("destroy hello: prompt again", gone), ("list", listed)):
        table.row(name, statistics.median(values), min(values))


def _linux(host, table):
    for when in ("the first time", "again, from the cache"):
        line, user = _timed(host, "create -c /linux.cfg", "Linux version", "user space is up")
        _leave(host)
        host.cli("destroy linux")
        table.row(f"create linux, {when}: first kernel line", line)
        table.row(f"create linux, {when}: user space", user)


def domains(results):
    table = results.section("wall time of commands, seconds", ("median", "minimum"))
    host = Host("bench-domains", mem=MEM)
    try:
        host.start()
        _tiny_guest(host, table)
        _linux(host, table)
    finally:
        host.stop()


def _idle_cost(host, table):
    many = 10
    own = 8 * 256                       # frames of hello's memory
    host.cli("create /hello.cfg name=warm")
    host.cli("destroy warm")
    before = host.info()
    for i in range(many):
        host.cli(f"create /hello.cfg name=idle{i}")
    after = host.info()
    frames = (before["free_frames"] - after["free_frames"]) / many - own
    table.row("an idle domain beyond its own memory", frames * 4)
    for i in range(many):
        host.cli(f"destroy idle{i}")


def memory(results):
    """What guests cannot have; what each frame of the machine and each domain costs."""
    table = results.section("memory, KiB", ("KiB",))
    info = {}
    for mem in (MEM, 2 * MEM):
        host = Host("bench-memory", mem=mem)
        try:
            host.start()
            info[mem] = host.info()
            if mem == MEM:
                i = info[mem]
                table.row(f"of {MEM} MiB, guests cannot have", MEM * 1024 - i["free_frames"] * 4)
                table.row("    not reported by the firmware as memory", MEM * 1024 - i["total_memory_kib"])
                table.row("    hypervisor", i["hypervisor_memory_kib"])
                table.row("    control domain", i["domain_memory_kib"])
                _idle_cost(host, table)
        finally:
            host.stop()
    taken = info[2 * MEM]["hypervisor_memory_kib"] - info[MEM]["hypervisor_memory_kib"]
    table.row("bytes of hypervisor memory for each further frame", taken * 1024 / (MEM * 256))
