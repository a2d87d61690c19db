"""Stock Debians in domains: systemd, packages, file systems, raw disks and files, ends in order and others;
a second one and a web server on the bridge; devices that come and go. The first guest is booted three
times: by `create`, by its own `reboot`, and after it was destroyed in the middle of writes. The second one
boots beside it, and goes before the reboot."""

import concurrent.futures
import hashlib
import http.client
import itertools
import json
import os
import re
import subprocess

import pytest

import debian
from debian import Guest
from enso import LOGS, Host
from test_devices import make_disk

pytestmark = pytest.mark.limit(1800)

MIB = 1 << 20
NAME = "debian"
SERVERS = [NAME, "web"]
PATTERN_MIB = 1024
FILES = ["debian-root.img", "debian-parts.img", "debian-raw.img", "debian-pattern.img", "debian-files.img"]
CLIENTS = 50
CYCLES = 8
SMALL = os.urandom(100000)
LARGE = os.urandom(MIB)

# What a kernel and systemd say at the level of errors in any domain like this one.
USUAL = r"mce: Unable to init MCE device|pam_env\(login:session\): Unable to open env file"


def write_pattern(path):
    """A disk of bytes that do not repeat. Returns their SHA-256."""
    total = hashlib.sha256()
    with open(path, "wb") as f:
        for _ in range(PATTERN_MIB):
            block = os.urandom(MIB)
            total.update(block)
            f.write(block)
    return total.hexdigest()


def make_files(path):
    """A file system for the control domain, with files that are disks: pages for `webserver`, and nothing."""
    tree, pages = path + ".tree", path + ".pages"
    for folder in (tree, pages):
        os.makedirs(folder, exist_ok=True)
    for name, content in (("small", SMALL), ("large", LARGE)):
        with open(os.path.join(pages, name), "wb") as f:
            f.write(content)
    with open(os.path.join(tree, "empty.img"), "wb") as f:
        f.truncate(48 * MIB)
    for folder, to, size in ((pages, os.path.join(tree, "www.img"), "8M"), (tree, path, "128M")):
        subprocess.run(["/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-d", folder, to, size], check=True,
                       capture_output=True)
        subprocess.run(["rm", "-r", folder], check=True)
    return path


class Machine:
    """The host with its disks, and what the tests leave for those after them."""

    def __init__(self):
        self.root = debian.copy_of_image(FILES[0])
        self.parts = make_disk(FILES[1], 100, "label: gpt\nsize=16MiB\nsize=64MiB\n")
        self.raw = make_disk(FILES[2], 64)
        self.pattern = os.path.join(LOGS, FILES[3])
        self.sum = write_pattern(self.pattern)
        self.files = make_files(os.path.join(LOGS, FILES[4]))
        disks = ["vda,raw,xvda,w", "vdb2,raw,xvdb,w", "vdc,raw,xvdc,w", "vdd,raw,xvdd,r",
                 "/mnt/empty.img,raw,xvde,w"]
        files = dict(debian.ramdisk(), **{
            "debian.cfg": debian.config(NAME, disks, memory=384, more="vif = [ '' ]"),
            "peer.cfg": debian.config("peer", ["vdf,raw,xvda,w"], memory=256, more="vif = [ '' ]")})
        self.host = Host("test_debian", mem=1024, cpus=2, files=files, net="user",
                         fwd=[f"{name}:80" for name in SERVERS],
                         qemu=debian.virtio([self.root, self.parts, self.raw, self.pattern, self.files,
                                             (debian.IMAGE,)]))

    def begin(self):
        self.host.start()
        self.host.cli("ping -c 1 10.0.2.2")             # addresses are there
        self.before = self.holdings()
        self.host.cli("mount vde /mnt")
        for name in (NAME, "peer"):
            self.host.cli(f"create {name}.cfg", timeout=120)
        self.host.cli("create webserver.cfg name=web", """'disk=["/mnt/www.img,raw,xvda,r"]'""", timeout=60)
        for name in (NAME, "peer"):
            self.log_in(name)

    def log_in(self, name, *says):
        """Waits for root's prompt; the console has to say `says` before."""
        with self.host.console(name) as console:
            for text in says:
                console.says(text, 300)
            debian.log_in(console)

    def start_guest(self, *says):
        self.host.cli("create debian.cfg", timeout=120)
        self.log_in(NAME, *says)

    def guest(self, name=NAME):
        return Guest(self.host, name)

    def ask(self, name, command, timeout=300):
        with self.guest(name) as guest:
            return guest.ask(command, timeout)

    def interface(self, name, handle=0):
        return {v["handle"]: v for v in self.host.json(f"network-list --json {name}")}.get(handle)

    def holdings(self):
        self.host.cli("free --drop")
        return self.host.holdings()


@pytest.fixture(scope="module")
def machine():
    made = Machine()
    yield made
    made.host.stop()
    for name in FILES:
        os.unlink(os.path.join(LOGS, name))


@pytest.fixture
def running(machine):
    """The machine, with the guest up and root logged in."""
    if not machine.host.alive():
        machine.begin()
    elif NAME not in machine.host.domains():
        machine.start_guest()
    return machine


@pytest.fixture
def pair(running):
    """The machine with both guests on the bridge, and the second one's address."""
    running.address = address_of(running, "peer")
    return running


def address_of(machine, name):
    def lease():
        return next((lease["address"] for lease in machine.host.json("ip leases --json")
                     if lease["name"] == name and lease["seconds"]), None)
    return machine.host.until(lease, 200)


@pytest.fixture
def guest(running):
    """The guest's console, at the prompt of root's shell."""
    with running.guest() as console:
        yield console


def test_it_comes_up_whole(guest):
    assert guest.ask("systemctl is-system-running --wait") == "running"
    assert guest.ask("systemctl list-units --failed --no-legend") == ""
    assert guest.ask("systemd-detect-virt") == "xen"
    assert guest.ask("cat /sys/devices/system/clocksource/clocksource0/current_clocksource") == "xen"
    assert guest.ask("cat /sys/hypervisor/type /sys/hypervisor/guest_type").split() == ["xen", "PV"]
    guest.ask("cmp <(cat /sys/hypervisor/uuid | tr -d -) /etc/machine-id")
    assert guest.ask("findmnt -n -o SOURCE,FSTYPE /").split() == ["/dev/xvda", "ext4"]
    said = guest.ask("journalctl -b --no-pager -o cat -p err").split("\n")
    assert [line for line in said if line and not re.search(USUAL, line)] == []
    trouble = r"BUG:|Oops|WARNING:|Call Trace|unchecked MSR|soft lockup|rcu.*stall"
    assert not re.search(trouble, guest.ask("dmesg"))
    names = guest.ask("cat /etc/hostname; ls -A /etc | grep '^.resolv.conf[.]'; true")
    assert names == "debian"                            # nothing of the machine that built it


def test_the_store_seen_from_user_space(guest):
    guest.ask("mount -t xenfs xenfs /proc/xen")
    assert guest.ask("cat /proc/xen/capabilities") == ""            # control_d is for the control domain
    assert "xenbus" in guest.ask("ls /proc/xen")
    guest.ask("umount /proc/xen")


def test_a_disk_is_read_whole(machine, guest):
    assert guest.ask(f"blockdev --getsize64 --getro /dev/xvdd").split() == [str(PATTERN_MIB * MIB), "1"]
    assert guest.ask("sha256sum /dev/xvdd").split()[0] == machine.sum
    guest.ask("echo 3 > /proc/sys/vm/drop_caches")
    with open(machine.pattern, "rb") as f:
        f.seek(100 * MIB + 512)
        expected = hashlib.sha256(f.read(20 * MIB)).hexdigest()
    assert guest.ask("dd if=/dev/xvdd bs=512 skip=204801 iflag=direct count=1 2>/dev/null | wc -c") == "512"
    assert guest.ask("tail -c +104858113 /dev/xvdd | head -c 20M | sha256sum").split()[0] == expected


def test_a_package_is_installed_and_removed(guest):
    assert "Setting up hello" in guest.ask("dpkg -i /root/hello.deb")
    assert guest.ask("hello") == "Hello, world!"
    assert guest.ask("dpkg --verify hello | grep -v /usr/share/ || true") == ""
    guest.ask("dpkg -r hello")
    guest.ask("! test -e /usr/bin/hello")


# Depth, block size, where, how much: parts of a disk that are written and read back at once.
LOADS = [(64, "512", "0", "256k"), (1, "4k", "1m", "256k"), (32, "4k", "2m", "2m"),
         (8, "512-64k", "6m", "6m"), (16, "128k", "12m", "16m"), (4, "1m", "28m", "20m")]


def fio(devices):
    """The command with a job for each device and load; every block has a checksum and says where it
    belongs."""
    words = ["fio --minimal --thread --ioengine=libaio --direct=1 --rw=randwrite --verify=crc32c",
             "--verify_fatal=1"]
    for device in devices:
        for n, (depth, size, first, length) in enumerate(LOADS):
            sizes = "bsrange" if "-" in size else "bs"
            words.append(f"--name={device}-{n} --filename=/dev/{device} --iodepth={depth} --{sizes}={size} "
                         f"--offset={first} --size={length}")
    return " ".join(words)


def test_random_writes_are_read_back(running):
    """fio checks what it has written: on a partition, a whole disk and a file of the control domain's at
    once, depth 1 to 64, 512 bytes to 1 MiB."""
    with running.guest() as guest:
        run = fio(["xvdb", "xvdc", "xvde"])
        assert guest.ask(f"{run} > /tmp/fio 2>&1; s=$?; grep -v '^3;' /tmp/fio; (exit $s)", 900) == ""
    counters = {d["vdev"]: d for d in running.host.json(f"block-list --json {NAME}")}
    for vdev in ("xvdb", "xvdc", "xvde"):
        assert counters[vdev]["errors"] == 0 and counters[vdev]["state"] == 4
        assert counters[vdev]["sectors_written"] >= 44 * 2048 and counters[vdev]["sectors_read"] >= 44 * 2048
    with open(running.parts, "rb") as f:
        f.seek(MIB)
        assert not any(f.read(16 * MIB))                # the partition before it


# ---- the network ----


def fetch(port, path, tries=10):
    """A page, from outside the machine. Very many clients at once are more than QEMU's forwarding can take:
    its socket has two calls waiting at the most, and if a guest repeats its answer to a call, QEMU forgets
    what the client has sent by then: its FIN comes in the bytes' place, when the server has given up.
    Such a call is repeated, as by browsers; what comes has to be whole."""
    for _ in range(tries):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
        try:
            client.request("GET", path)
            answer = client.getresponse()
            assert answer.status == 200
            return answer.read()
        except (http.client.RemoteDisconnected, ConnectionResetError, TimeoutError):
            pass
        finally:
            client.close()
    raise AssertionError(f"{path}: no answer in {tries} tries")


def take_pages(machine, name):
    """What nginx serves is what the kit's web server has."""
    fetch_one = f"curl -s -o /var/www/html/X http://{address_of(machine, 'web')}/X"
    for page in ("small", "large"):
        machine.ask(name, fetch_one.replace("X", page))


def test_fetched_by_many_at_once(pair):
    """From nginx and from the kit's web server, through the forwards."""
    take_pages(pair, NAME)
    for name in SERVERS:
        before = pair.interface(name)
        port = pair.host.ports[f"{name}:80"]
        assert fetch(port, "/large") == LARGE
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            pages = ["/large" if i % 5 == 0 else "/small" for i in range(CLIENTS)]
            for page, content in zip(pages, pool.map(lambda page: fetch(port, page), pages)):
                assert content == (LARGE if page == "/large" else SMALL), (name, page)
        after = pair.interface(name)
        assert after["rx_bytes"] - before["rx_bytes"] > 11 * len(LARGE) + 40 * len(SMALL)
        assert after["errors"] == before["errors"] and after["rx_drops"] == before["rx_drops"]


OFFLOADS = {"rx": "rx-checksumming", "tx": "tx-checksumming", "sg": "scatter-gather",
            "tso": "tcp-segmentation-offload", "gso": "generic-segmentation-offload",
            "gro": "generic-receive-offload"}


def set_offloads(machine, state):
    words = " ".join(f"{word} {state}" for word in OFFLOADS)
    for name in (NAME, "peer"):
        shown = machine.ask(name, f"ethtool -K enX0 {words} > /dev/null 2>&1; ethtool -k enX0")
        for feature in ("sg", "tso", "gso", "gro"):     # checksums over IPv4 are always on
            assert re.search(rf"{OFFLOADS[feature]}: {state}", shown), (name, feature)


def iperf(machine, options):
    """The end of the client's report."""
    report = json.loads(machine.ask(NAME, f"iperf3 -J -c {machine.address} {options}"))
    assert "error" not in report, report
    return report["end"]


def datagram_drops(machine):
    """All that dropped datagrams on the way from the first guest to the second: a queue, the interfaces, a
    socket's buffer; and how many the second one's UDP found wrong."""
    queue = machine.ask(NAME, "tc -s qdisc show dev enX0 | sed -n 's/.*dropped \\([0-9]*\\).*/\\1/p'").split()
    counts = machine.ask("peer", "awk '/^Udp: [0-9]/ { print $4, $6, $8 }' /proc/net/snmp")
    wrong, full, sums = map(int, counts.split())
    interfaces = machine.interface(NAME)["rx_drops"] + machine.interface("peer")["tx_drops"]
    return sum(map(int, queue)) + interfaces + full, wrong - full + sums


def check_datagrams(machine):
    """What was sent arrives or is counted by whoever dropped it; none is damaged."""
    dropped, wrong = datagram_drops(machine)
    end = iperf(machine, "-u -b 20M -l 1400 -t 3")
    now_dropped, now_wrong = datagram_drops(machine)
    assert end["sum"]["packets"] > 100 and end["sum"]["lost_packets"] <= now_dropped - dropped, end["sum"]
    assert now_wrong == wrong


def test_streams_with_and_without_offloads(pair):
    """iperf3 and files between the two; large segments where the guests may, frames of the wire where not."""
    for name in (NAME, "peer"):
        take_pages(pair, name)
    pair.ask("peer", "iperf3 -s -D > /dev/null")
    wanted = hashlib.sha256(LARGE).hexdigest()
    for state in ("off", "on"):
        set_offloads(pair, state)
        before = pair.interface(NAME)
        end = iperf(pair, "-n 12M")
        after = pair.interface(NAME)
        assert end["sum_sent"]["bytes"] >= 12 * MIB and end["sum_received"]["bytes"] > 8 * MIB
        sent, frames = (after[f"rx_{what}"] - before[f"rx_{what}"] for what in ("bytes", "packets"))
        assert sent >= end["sum_received"]["bytes"]
        assert (frames < sent // 1514) == (state == "on"), (state, sent, frames)
        assert iperf(pair, "-n 6M -R")["sum_received"]["bytes"] > 4 * MIB
        assert pair.ask(NAME, f"curl -s http://{pair.address}/large | sha256sum").split()[0] == wanted
        own = address_of(pair, NAME)
        assert pair.ask("peer", f"curl -s http://{own}/large | sha256sum").split()[0] == wanted
        check_datagrams(pair)
    pair.ask("peer", "kill $(pidof iperf3)")


COUNTERS = ("tx_packets", "tx_bytes", "rx_packets", "rx_bytes")


def agree(machine, name):
    """The interface's counters, if they are the guest's; else None. What it receives the guest counts without
    Ethernet's header, and without what waited in vain."""
    said = machine.ask(name, f"(cd /sys/class/net/enX0/statistics && cat {' '.join(COUNTERS)})")
    guest = dict(zip(COUNTERS, map(int, said.split())))
    v = machine.interface(name)
    lost = v["tx_packets"] - guest["rx_packets"]
    same = (v["rx_packets"], v["rx_bytes"]) == (guest["tx_packets"], guest["tx_bytes"])
    same &= 0 <= lost <= v["tx_drops"]
    same &= lost != 0 or v["tx_bytes"] - 14 * v["tx_packets"] == guest["rx_bytes"]
    return v if same else None


def test_counters_agree_with_the_guests(pair):
    """Those of the guest's interface, of `network-list`, `list -l` and `top`, after all that."""
    for name in (NAME, "peer"):
        v = pair.host.until(lambda: agree(pair, name), 60, pause=2)
        assert v["errors"] == 0 and v["rx_bytes"] > MIB and v["tx_bytes"] > MIB
        listed = {d["name"]: d for d in pair.host.json("list -l")}[name]["vifs"][0]
        shown = pair.host.cli("top -x -n 1 -d 10ms").splitlines()
        row = next(line.split() for line in shown if line.startswith(name + " "))
        assert row[1] == "1"
        for n, key in enumerate(("rx_bytes", "tx_bytes")):      # now and then a frame comes in between
            assert 0 <= listed[key] - v[key] < 1 << 16
            assert 0 <= int(row[2 + n]) - v[key] // 1024 <= 64


# ---- devices that come and go ----

# Interfaces beyond the first get no address of their own.
LAB = ("mkdir -p /run/systemd/network; printf '[Match]\\nName=enX[1-9]*\\n[Link]\\nUnmanaged=yes\\n' "
       "> /run/systemd/network/10-lab.network; networkctl reload; ")

# Content that is written and read, and fetched, all the time; every difference leaves a line in /tmp/bad.
BUSY = """cat > /root/busy <<'END'
head -c 2M /dev/urandom > /tmp/content
while [ -e /tmp/busy ]; do
    dd if=/tmp/content of=/dev/xvdc bs=64k oflag=direct 2> /dev/null
    head -c 2M /dev/xvdc | cmp - /tmp/content >> /tmp/bad 2>&1
    echo disk >> /tmp/rounds
    blockdev --flushbufs /dev/xvdc
    sleep 0.2
done && echo >> /tmp/ended &
while [ -e /tmp/busy ]; do
    curl -s http://$1/large | cmp - /var/www/html/large >> /tmp/bad 2>&1
    echo network >> /tmp/rounds
    sleep 0.2
done && echo >> /tmp/ended &
END
: > /tmp/bad; : > /tmp/rounds; : > /tmp/ended; touch /tmp/busy; nice bash /root/busy ADDRESS; true"""

# The new disk keeps what the cycle before has written, and takes something new; the new interface reaches the
# other guest.
CYCLE = ("until [ -b /dev/xvdf ] && [ -e /sys/class/net/enXN ]; do sleep 0.1; done; "
         "ip addr replace 10.9.0.1/24 dev enXN; ip link set enXN up; "
         "head -c 64k /dev/xvdf | cmp - /tmp/kept && head -c 64k /dev/urandom > /tmp/kept && "
         "dd if=/tmp/kept of=/dev/xvdf bs=64k oflag=direct 2> /dev/null && "
         "ping -q -c 1 -W 20 10.9.0.2 > /dev/null")


def rounds(machine):
    """How often the busy disk and the busy interface have been through, whichever is less."""
    done = machine.ask(NAME, "cat /tmp/rounds").split()
    return min(done.count("disk"), done.count("network"))


def test_devices_come_and_go_under_load(pair):
    """A disk and an interface again and again, while another disk and another interface are busy. (Fifty
    times with smaller guests: test_block_guests.py, test_network.py.)"""
    host = pair.host
    before = pair.interface(NAME)["tx_bytes"]
    host.cli("bridge create lab")
    host.cli("network-attach peer bridge=lab devid=1")
    host.until(lambda: pair.interface("peer", 1)["state"] == 4, 120)
    pair.ask("peer", LAB + "until [ -e /sys/class/net/enX1 ]; do sleep 0.1; done; "
                         "ip link set enX1 up; ip addr add 10.9.0.2/24 dev enX1")
    for name in (NAME, "peer"):
        take_pages(pair, name)
    pair.ask(NAME, LAB + BUSY.replace("ADDRESS", pair.address))
    pair.ask(NAME, "head -c 64k /dev/zero > /tmp/kept")
    for cycle in itertools.count():
        if cycle >= CYCLES and rounds(pair) >= 2:
            break
        host.cli(f"block-attach {NAME} vdb1,raw,xvdf,w", timeout=60)
        host.cli(f"network-attach {NAME} bridge=lab", timeout=60)
        handle = max(v["handle"] for v in host.json(f"network-list --json {NAME}"))
        host.until(lambda: pair.interface(NAME, handle)["state"] == 4, 120)
        pair.ask(NAME, CYCLE.replace("enXN", f"enX{handle}"))
        host.cli(f"network-detach {NAME} {handle}", timeout=120)
        host.cli(f"block-detach {NAME} xvdf", timeout=120)
    pair.ask(NAME, "rm /tmp/busy; until [ $(wc -l < /tmp/ended) = 2 ]; do sleep 0.2; done")
    assert pair.ask(NAME, "cat /tmp/bad") == ""
    assert pair.interface(NAME)["tx_bytes"] - before >= rounds(pair) * len(LARGE)
    with open(pair.parts, "rb") as f:
        f.seek(MIB)
        assert hashlib.sha256(f.read(65536)).hexdigest() == pair.ask(NAME, "sha256sum < /tmp/kept").split()[0]
    assert list(v["handle"] for v in host.json(f"network-list --json {NAME}")) == [0]
    host.cli("network-detach peer 1", timeout=120)
    host.cli("bridge delete lab")
    assert host.audit() == 0


# ---- ends ----


def test_reboot_from_inside(running):
    for name in ("peer", "web"):
        if name in running.host.domains():
            running.host.cli(f"destroy {name}")
    with running.guest() as guest:
        reboot(guest)


def reboot(guest):
    before = guest.ask("cat /proc/sys/kernel/random/boot_id")
    guest.ask("echo kept > /root/kept")
    guest.send("reboot\r")
    debian.log_in(guest)
    assert guest.ask("cat /proc/sys/kernel/random/boot_id") != before
    assert guest.ask("cat /root/kept") == "kept"
    assert guest.ask("systemctl is-system-running --wait") == "running"


def test_destroyed_in_the_middle_of_writes(running):
    """The journal recovers at the next start; what was synced is there to the byte."""
    with running.guest() as guest:
        guest.ask("mkdir /root/synced && cd /root/synced && "
                  "for i in 1 2 3 4 5; do head -c 1500k /dev/urandom > $i; done; cd")
        guest.ask("(cd /root/synced && sha256sum * > SUMS) && sync")
        guest.ask("for n in 1 2 3; do (while :; do for i in $(seq 20); do mkdir -p /root/w$n/$i; "
                  "head -c 200k /dev/zero > /root/w$n/$i/f; done; sync -f /root; rm -r /root/w$n; done) & "
                  "done; sleep 8")
    running.host.cli(f"destroy {NAME}", timeout=120)
    shown = subprocess.run(["/sbin/dumpe2fs", "-h", running.root], capture_output=True, text=True, check=True)
    assert "needs_recovery" in shown.stdout                   # else this test shows nothing
    running.start_guest("recovering journal")
    with running.guest() as guest:
        sums = guest.ask("cd /root/synced && sha256sum -c SUMS").split("\n")
        assert sums == [f"{i}: OK" for i in range(1, 6)]


def test_shutdown_leaves_a_clean_file_system(running):
    with running.guest() as guest:
        guest.ask("head -c 3M /dev/urandom > /root/last")
    running.host.cli(f"shutdown -w {NAME}", timeout=200)
    assert "reboot: " in running.host.said(NAME)
    status, said = debian.fsck(running.root)
    assert status == 0, said


def test_nothing_is_left(machine):
    for name in machine.host.domains().keys() - {"Domain-0"}:
        machine.host.cli(f"destroy {name}")
    machine.host.cli("umount /mnt")
    assert not any(d["in_use"] for d in machine.host.json("lsblk --json"))
    assert machine.holdings() == machine.before
    assert machine.host.audit() == 0
