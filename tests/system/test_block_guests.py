"""The kit's block frontend and the block backend, by guests that know what they wrote: sizes, depths,
sharing, a backend that is started again, disks that fail, and front ends that lie."""

import os
import re
import signal
import struct
import subprocess

import pytest

from test_devices import disk, make_disk
from test_disks import disks_of, holdings
from enso import LOGS, without_log

MIB = 1 << 20
MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15
KEEP = "on_crash=preserve on_poweroff=preserve"


def mix(x):
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
    return x ^ x >> 31


def pattern(seed, sector):
    """What disktest writes to a sector."""
    x = mix((seed * GAMMA + sector) & MASK)
    return b"".join(mix((x + i * GAMMA) & MASK).to_bytes(8, "little") for i in range(1, 65))


def has_pattern(path, seed, first, sectors, base=0):
    """Whether sectors of an image hold the pattern; `base`: where the guest's disk begins in it, in
    sectors."""
    with open(path, "rb") as f:
        f.seek((base + first) * 512)
        return all(f.read(512) == pattern(seed, first + s) for s in range(sectors))


@pytest.fixture(scope="module")
def images():
    os.makedirs(LOGS, exist_ok=True)
    paths = [make_disk("block-a.img", 64, "label: gpt\nsize=16MiB\nsize=16MiB\nsize=16MiB\n"),
             make_disk("block-b.img", 16), make_disk("block-c.img", 32)]
    subprocess.run(["/sbin/mke2fs", "-q", "-F", "-t", "ext4", paths[2]], check=True, capture_output=True)
    yield paths
    for path in paths:
        os.unlink(path)


@pytest.fixture(scope="module")
def machine(request, images):
    """One for all tests here but those that end it."""
    from enso import Host
    qemu = disk(images[0], 0) + disk(images[1], 1) + disk(images[2], 2)
    qemu[qemu.index("-drive", 1) + 1] += ",discard=unmap"
    host = Host("test_block_guests", mem=768, cpus=2, qemu=qemu).start()
    yield host
    host.stop()


@pytest.fixture
def host(machine):
    """Nothing stays."""
    before = holdings(machine)
    yield machine
    for name in machine.domains():
        if name != "Domain-0":
            machine.cli("destroy", name)
    machine.until(lambda: not any(d["in_use"] for d in machine.json("lsblk --json")))
    machine.until(lambda: holdings(machine) == before, timeout=10)
    assert machine.audit() == 0


def has_ended(host, name):
    return "s" in host.domains()[name]["state"]


def start(host, name, target, words, memory=32):
    host.cli(f"create disktest.cfg -q name={name} memory={memory} {KEEP}", disks_of(f"{target},raw,xvda,w"),
             f"'extra=\"disktest xvda {words}\"'")


def summary(host, name, timeout=90, stays=False):
    """{"passes": 1, "errors": 0, ...} of a disktest's last line, "ok" if it says so."""
    host.until(lambda: re.search(r": ok: .* ms", host.said(name)) if stays else has_ended(host, name),
               timeout=timeout)
    said = host.said(name)
    line = re.search(r"disktest: xvda: (ok|FAILED): (.*)", said)
    assert line, said
    counts = {key: int(n) for n, key in re.findall(r"(\d+) ([a-z ]+)", line[2].replace("bytes ", ""))}
    return dict(counts, ok=line[1] == "ok", said=said)


# ---- sizes, depths ----

@pytest.mark.limit(240)
def test_every_size_and_depth(host, images):
    """Two guests at once, on a partition and on a whole disk."""
    cases = [
        ("size=1M request=512 depth=64 order=random", "size=12M request=1M depth=16"),
        ("size=3M request=512-64k depth=3 skew=8 order=random",
         "size=15M request=512-1M depth=8 order=random flush=4"),
        ("size=1M request=4k depth=1", "size=16M request=128k depth=64 order=random"),
    ]
    for seed, (small, large) in enumerate(cases, 2):
        start(host, "small", "vda2", f"write verify seed={seed} {small}")
        start(host, "large", "vdb", f"write verify seed={seed} {large}", memory=48)
        for name in ("small", "large"):
            result = summary(host, name)
            assert result["ok"] and result["written"] == result["read"] > 0, result["said"]
        host.cli("destroy small large")
    first = {d["name"]: d for d in host.json("lsblk --json")}["vda2"]["first_sector"]
    assert has_pattern(images[0], 4, 0, 1024, first)
    assert has_pattern(images[1], 4, 16 * 2048 - 1024, 1024)


def test_a_file(host, images):
    """On a file of a mounted file system; what is flushed is in it, and the file system is in order."""
    host.cli("mount vdc /files")
    host.cli("truncate -s 8M /files/disk")
    start(host, "file", "/files/disk", "write verify request=512-256k order=random depth=16 flush=9 seed=6")
    result = summary(host, "file")
    assert result["ok"] and result["written"] == 8 * MIB, result["said"]
    host.cli("destroy file")
    host.cli("umount /files")
    checked = subprocess.run(["/sbin/e2fsck", "-f", "-n", images[2]], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    copy = images[2] + ".disk"
    subprocess.run(["/sbin/debugfs", "-R", f"dump /disk {copy}", images[2]], check=True, capture_output=True)
    assert has_pattern(copy, 6, 0, 1024) and has_pattern(copy, 6, 16000, 384)
    os.unlink(copy)


def test_it_knows_what_is_wrong(host):
    """A test that cannot fail is none."""
    start(host, "wrong", "vdb", "verify seed=77 size=1M")
    result = summary(host, "wrong")
    assert not result["ok"] and result["wrong"] == 16
    assert "sector 0 is not as it was written" in result["said"]
    host.cli("destroy wrong")
    start(host, "options", "vdb", "write depth=65")
    host.until(lambda: has_ended(host, "options"))
    assert "depth is 1 to 64" in host.said("options")


def test_counters_are_exact(host):
    """The store's, the list's and top's say what the guest did: 64 writes and 64 reads of 64 KiB, and a flush
    after each eighth write and at the end."""
    start(host, "exact", "vdb", "write verify request=64k size=4M depth=4 flush=8 stay")
    result = summary(host, "exact", stays=True)
    assert result["ok"] and result["written"] == result["read"] == 4 * MIB, result["said"]
    disk = disks_by_name(host, "exact")["xvda"]
    assert disk["reads"] == disk["writes"] == 64, disk
    assert disk["sectors_read"] == disk["sectors_written"] == 8192, disk
    assert disk["flushes"] == result["flushes"] == 9 and disk["errors"] == disk["discards"] == 0, disk
    assert disk["requests"] == result["in the ring"] == 64 + 64 + 9, disk
    assert {d["name"]: d for d in host.json("list -l")}["exact"]["disks"] == [disk]
    row = next(line.split() for line in host.cli("top -x -n 1 -d 10ms").splitlines()
               if line.startswith("exact "))
    assert row == ["exact", "0", "0", "0", "1", "0", "64", "64", "8192", "8192"]
    host.cli("shutdown -w exact")


# ---- front ends that lie ----

def bad(host, mode, timeout=60):
    """Runs a mode of badblock to its end. Returns what it and the backend said."""
    host.cli("dmesg -c")
    begin = os.path.getsize(host.log)
    host.cli(f"create badblock.cfg -q {KEEP}", disks_of("vdb,raw,xvda,w"), f"'extra=\"badblock {mode}\"'")
    host.until(lambda: has_ended(host, "badblock"), timeout=timeout)
    said = host.said("badblock")
    host.cli("destroy badblock")
    host.until(lambda: not {d["name"]: d for d in host.json("lsblk --json")}["vdb"]["in_use"])
    host.log_file.flush()
    with open(host.log, encoding="utf-8", errors="replace") as f:
        f.seek(begin)
        log = without_log(f.read().replace("\r", ""))
    return said, re.findall(r"enso: (vbd 51712 of d\d+: .*)", log)


TOO_OFTEN = "its front end comes and goes too often"
MODES = [
    ("requests", r"330 refused, 0 not, and the disk works", None),
    ("changes 2", r"many sent, and the disk works", None),
    ("jump", r"first the disk works\n(.*\n)*badblock: jumped",
     "its ring says more requests than it has room for"),
    ("jump f", "jumped", "its ring says more requests than it has room for"),
    ("jump b", "jumped", "its ring says more requests than it has room for"),
    ("deaf", "many sent", None),
    ("notify", "notified, and the disk works", "its front end notifies without requests"),
    ("leave", "leaves", None),
    ("flap", "flapped", TOO_OFTEN),
    ("reconnect", "served until it was too often", TOO_OFTEN),
] + [(f"keys {n}", "badblock: .* = ", "its front end's ring cannot be used") for n in (0, 3, 7, 10, 12)]


@pytest.mark.limit(400)
def test_a_bad_front_end_harms_itself(host):
    """Its device stops with one line that names it; a guest on the other disk writes and verifies all the
    while."""
    start(host, "witness", "vda1",
          "write verify request=512-256k order=random depth=8 passes=0 flush=50 size=4M")
    for mode, says, line in MODES:
        said, lines = bad(host, mode)
        assert re.search(says, said), (mode, said, lines)
        # how often its states are seen depends on the machine's speed
        least = line is not None and mode != "flap"
        assert least <= len(lines) <= (line is not None), (mode, lines)
        assert all(line in found for found in lines), (mode, lines)
    host.cli("shutdown witness")
    result = summary(host, "witness")
    assert result["ok"] and result["passes"] > 1, result["said"]


def test_no_bad_mode_is_forgotten(host):
    said, _ = bad(host, "help")
    known = {mode.split()[0] for mode, *_ in MODES} | {"indices"}
    assert set(re.findall(r"(?m)^badblock (\w+) ", said)) == known


def test_a_broken_one_is_not_served_again(host):
    """Not before the tools have taken the disk away and given it again."""
    said, lines = bad(host, "indices")
    assert "lied" in said and len(lines) <= 2
    assert all("its ring says more" in line or "without requests" in line for line in lines)
    host.cli(f"create badblock.cfg -q {KEEP}", disks_of("vdb,raw,xvda,w"), "'extra=\"badblock keys 0\"'")
    host.until(lambda: has_ended(host, "badblock"))
    state = host.json("block-list --json badblock")[0]["state"]
    assert state == 5
    front = f"/local/domain/{host.domains()['badblock']['domid']}/device/vbd/51712/state"
    for word in ("1", "3", "4", "1", "3"):
        host.cli(f"xenstore-write {front} {word}")
        host.cli("sleep 0.1")
        assert host.json("block-list --json badblock")[0]["state"] in (5, 6)


def test_a_backend_goes_and_comes_back(host):
    """Seen from the guest: closed, and waiting for a ring again. What was not answered is sent anew."""
    start(host, "again", "vdb", "write verify request=512-1M order=random depth=16 passes=0 flush=7")
    domid = host.domains()["again"]["domid"]
    keys = [f"/local/domain/0/backend/vbd/{domid}/51712/state",
            f"/local/domain/{domid}/device/vbd/51712/state"]
    states = lambda: [host.run("xenstore-read", key)[1].strip() for key in keys]
    for _ in range(4):
        host.until(lambda: states() == ["4", "4"])
        host.cli(f"xenstore-write {keys[0]} 6")
        host.until(lambda: states() != ["6", "4"])
    host.until(lambda: states() == ["4", "4"])
    host.cli("shutdown again")
    result = summary(host, "again")
    assert result["ok"] and result["connections"] == 5, result["said"]


def test_a_disk_is_taken_away(host):
    """With requests under way: they are answered or told that there is no disk; nothing hangs, nothing is
    kept."""
    start(host, "gone", "vdb", "write request=512-1M order=random depth=16 passes=0")
    host.until(lambda: host.json("block-list --json gone")[0]["sectors_written"] > 0)
    host.cli("block-detach gone xvda")
    result = summary(host, "gone")
    assert not result["ok"] and "ENODEV" in result["said"] and "keeps" not in result["said"]
    assert not {d["name"]: d for d in host.json("lsblk --json")}["vdb"]["in_use"]


# ---- a guest with requests under way all the while ----

COPY = "dd if=/tmp/x of=/dev/xvda bs=64k conv=fsync 2>/dev/null"
SAME = "echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/xvda bs=64k count=128 2>/dev/null | cmp - /tmp/x"


def restart_backend(host):
    """Requests are under way in a Linux guest and in one on the kit, on one disk; neither notices."""
    start(host, "kit", "vda1",
          "write verify request=512-256k order=random depth=24 passes=0 flush=50 size=8M")
    with host.console("linux") as console:
        console.send(f"\rfor i in 1 2 3; do {COPY}; {SAME} && echo same $((i * 111)); done\r")
    for _ in range(12):
        host.cli("sleep 0.2")
        host.cli("backend-restart block")
    assert host.fails("backend-restart nonsense").startswith("backend-restart: `nonsense` is no backend")
    with host.console("linux") as console:
        console.expect("same 333", 90)
        console.send("\r")
        assert "I/O error" not in console.ask("dmesg")
    host.cli("shutdown kit")
    result = summary(host, "kit")
    assert result["ok"] and result["connections"] == 1, result["said"]
    host.cli("destroy kit")


def under_one_name(host):
    """A disk that is there again at once is another one for Linux, which had seen the first one go."""
    with host.console("linux") as console:
        console.send("\r")
        console.ask("(while [ ! -e /tmp/enough ]; do [ -b /dev/xvdj ] && "
                    "dd if=/dev/xvdj of=/dev/null bs=64k count=20 2>/dev/null; usleep 10000; done) & true")
    for n in range(15):
        host.cli("block-attach linux vdb,raw,xvdj,r", timeout=60)
        host.until(lambda: disks_by_name(host)["xvdj"]["sectors_read"] > 0, 60)
        host.cli("block-detach linux xvdj", "--force" if n % 3 == 0 else "", timeout=60)
    with host.console("linux") as console:
        console.send("\r")
        console.ask("touch /tmp/enough; until ! pidof dd; do sleep 1; done; rm -f /dev/xvdj", 60)


def fifty_times(host):
    """Linux reads whatever disk appears, and writes another one."""
    with host.console("linux") as console:
        console.send("\r")
        console.ask(f"(while [ ! -e /tmp/stop ]; do {COPY}; done) & true")
        console.ask("(while [ ! -e /tmp/stop ]; do for d in /dev/xvd[b-i]; do "
                    "[ -b $d ] && dd if=$d of=/dev/null bs=64k 2>/dev/null; done; usleep 10000; done) & true")
    for n in range(50):
        # Linux takes its time to forget a disk, and is confused by another one of that name in the meantime.
        name = "xvd" + "bcdefghi"[n % 8]
        host.cli(f"block-attach linux vdb,raw,{name},r", timeout=60)
        if n % 5 == 0:      # to have it read; else it may be anywhere in its coming up
            host.until(lambda: disks_by_name(host)[name]["sectors_read"] > 0)
        host.cli("block-detach linux", name, "--force" if n % 3 == 0 else "", timeout=60)
    with host.console("linux") as console:
        console.send("\r")
        console.ask("touch /tmp/stop; until ! pidof dd; do sleep 1; done", 60)
        console.ask(f"{COPY}; {SAME}", 60)
    assert list(disks_by_name(host)) == ["xvda"]


def by_force(host):
    """A disk with requests in the ring is the host's again at once; the guest has errors, and takes the next
    disk."""
    errors = 0
    for _ in range(4):
        host.cli("block-attach linux vdb,raw,xvdk,w")
        with host.console("linux") as console:
            console.send("\r")
            console.ask("until [ -b /dev/xvdk ]; do sleep 1; done", 60)
            console.ask("(while [ -b /dev/xvdk ]; do "
                        "dd if=/dev/zero of=/dev/xvdk bs=1M count=15 conv=fsync 2>/dev/null; done) & true")
        host.until(lambda: disks_by_name(host)["xvdk"]["sectors_written"] > 500)
        host.cli("block-detach linux xvdk --force", timeout=60)
        assert not {d["name"]: d for d in host.json("lsblk --json")}["vdb"]["in_use"]
        with host.console("linux") as console:
            console.send("\r")
            console.ask("until ! [ -b /dev/xvdk ] && wait; do sleep 1; done; rm -f /dev/xvdk", 60)
            errors += "I/O error, dev xvdk" in console.ask("dmesg -c")
    assert errors


def disks_by_name(host, guest="linux"):
    return {d["vdev"]: d for d in host.json(f"block-list --json {guest}")}


@pytest.mark.limit(500)
def test_linux_with_requests_under_way(host):
    """The backend is started again; fifty disks are attached and detached."""
    host.cli("create /linux.cfg", disks_of("vda3,raw,xvda,w"), timeout=90)
    with host.console("linux") as console:
        console.expect("user space is up", 90)
        console.send("\r")
        console.ask("dd if=/dev/urandom of=/tmp/x bs=64k count=128 2>/dev/null")
    restart_backend(host)
    by_force(host)
    under_one_name(host)
    fifty_times(host)


# ---- flushes, and disks that fail ----

@pytest.fixture
def own_image():
    os.makedirs(LOGS, exist_ok=True)
    path = make_disk("block-own.img", 16)
    yield path
    os.unlink(path)


def entries(path):
    """What QEMU's blklogwrites saw: (flags, first sector, sectors) in order."""
    with open(path, "rb") as f:
        log = f.read()
    at, found = 512, []
    while at + 32 <= len(log):
        sector, sectors, flags, length = struct.unpack_from("<4Q", log, at)
        if not (sector or sectors or flags or length):
            break
        found.append((flags, sector, sectors))
        at += 512 + (sectors * 512 if not flags & 4 else 0)
    return found


@pytest.mark.limit(240)
def test_a_flush_reaches_the_disk(boot, own_image):
    """QEMU is killed right after the guest has said that so much is flushed: that is in the image, and the
    disk was asked for a flush after it was written."""
    log = own_image + ".log"
    open(log, "wb").close()
    host = boot(mem=256, cpus=1, qemu=[
        "-blockdev", f"driver=file,filename={own_image},node-name=image",
        "-blockdev", f"driver=file,filename={log},node-name=log",
        "-blockdev", "driver=blklogwrites,file=image,log=log,node-name=logged",
        "-device", "virtio-blk-pci,drive=logged"])
    start(host, "flush", "vda", "write request=32k depth=8 flush=16 tell seed=9")
    with host.console("flush") as console:
        console.expect(r"flushed (3\d|2\d|1)\d{6} bytes", 60)
        flushed = int(re.search(r"(\d+) bytes", host.serial.after)[1]) // 512
        os.kill(host.serial.pid, signal.SIGKILL)
        host.serial.wait()
    seen = entries(log)
    os.unlink(log)
    flushes = [n for n, (flags, _, _) in enumerate(seen) if flags & 1]
    written = set()
    enough = None
    for n, (flags, sector, sectors) in enumerate(seen):
        if not flags:
            written.update(range(sector, sector + sectors))
        if flags & 1 and enough is None and written >= set(range(flushed)):
            enough = n
    assert enough is not None and len(flushes) >= flushed // (16 * 64), (flushed, flushes, len(seen))
    assert has_pattern(own_image, 9, 0, flushed)


@pytest.mark.limit(240)
def test_a_disk_that_fails(boot, own_image):
    """The guest is told, request by request; the host and the rest of the disk go on."""
    host = boot(mem=256, cpus=1, qemu=[
        "-blockdev", "driver=blkdebug,node-name=bad,image.driver=file,image.filename=" + own_image +
        ",inject-error.0.event=none,inject-error.0.iotype=write,inject-error.0.errno=28"
        ",inject-error.0.sector=8192"
        ",inject-error.1.event=none,inject-error.1.iotype=read,inject-error.1.errno=5"
        ",inject-error.1.sector=16384",
        "-device", "virtio-blk-pci,drive=bad,rerror=report,werror=report"])
    before = holdings(host)
    for words, line in (("write first=4M size=256k", "write at sector 8192: EIO"),
                        ("read first=8M size=256k", "read at sector 16384: EIO")):
        start(host, "fails", "vda", words + " depth=4")
        result = summary(host, "fails")
        # Neighbours may fail with it: QEMU joins them to one request.
        assert not result["ok"] and 1 <= result["errors"] <= 4 and line in result["said"], result["said"]
        host.cli("destroy fails")
        start(host, "works", "vda", "write verify size=4M order=random request=512-64k")
        assert summary(host, "works")["ok"]
        host.cli("destroy works")
    assert host.json("lsblk --json")[0]["errors"] >= 2
    assert holdings(host) == before
    assert host.audit() == 0
