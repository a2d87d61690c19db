"""The control domain in its networks: an address by DHCP, files over HTTP; guests that reach the outer
network by address translation and are reached by forwards; a bridge with the card; floods."""

import hashlib
import http.server
import os
import random
import re
import subprocess
import threading
import urllib.request

import pytest

from enso import LOGS, Host, ask

RANDOM = random.Random(11)
LARGE = RANDOM.randbytes(3 << 20)
DIGEST = hashlib.md5(LARGE).hexdigest()
DISK = os.path.join(LOGS, "services-disk.img")
FORWARDED = "one:80"
IPS = r"192\.168\.122\.\d+"


class Files(http.server.BaseHTTPRequestHandler):
    """What the host of the tests serves."""

    def do_GET(self):
        contents = {"/large": LARGE, "/small.txt": b"a small file\n", "/short": b"x" * 1000}
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/small.txt")
            self.end_headers()
        elif self.path in contents:
            body = contents[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) * (2 if self.path == "/short" else 1)))
            self.end_headers()
            self.wfile.write(body)
        else:
            self.send_error(404)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    """The port of a web server on 127.0.0.1, which guests see at 10.0.2.2."""
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    yield web.server_port
    web.shutdown()


@pytest.fixture(scope="module")
def host():
    os.makedirs(LOGS, exist_ok=True)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", DISK, "32M"], check=True, capture_output=True)
    machine = Host("test_services", mem=1024, net="user", fwd=[FORWARDED],
                   qemu=["-drive", f"if=none,id=disk,format=raw,file={DISK}",
                         "-device", "virtio-blk-pci,disable-legacy=on,drive=disk"])
    yield machine.start()
    machine.stop()
    os.unlink(DISK)


@pytest.fixture(scope="module")
def guests(host):
    """Two Linux guests on xenbr0, each with its lease; nothing of them is left when they have gone."""
    host.cli("ping -c 1 10.0.2.2")                      # addresses are there
    host.cli("free --drop")
    before = host.holdings()
    for name in ("one", "two"):
        host.cli("create /linux.cfg", f'name="{name}"', "memory=128", """'vif=[""]'""", timeout=120)
    addresses = {name: host.until(lambda: lease_of(host, name), 90) for name in ("one", "two")}
    for name in addresses:
        host.until(lambda: "user space is up" in host.said(name), 90)
    yield addresses
    for name in addresses:
        host.cli("destroy", name)
    host.cli("free --drop")
    assert host.holdings() == before
    assert host.audit() == 0


def lease_of(host, name):
    leases = host.json("ip leases --json")
    return next((lease["address"] for lease in leases if lease["name"] == name and lease["seconds"]), None)


def interfaces(host):
    return {i["name"]: i for i in host.json("ip --json")}


# ---- the control domain itself ----


def test_the_uplink_gets_an_address(host):
    host.cli("ping -c 1 10.0.2.2")
    eth0 = interfaces(host)["eth0"]
    assert (eth0["address"], eth0["prefix"]) == ("10.0.2.15", 24)
    assert (eth0["router"], eth0["dns"]) == ("10.0.2.2", "10.0.2.3")
    assert eth0["dhcp"] and eth0["link"] and eth0["bridge"] is None
    assert "inet 192.168.122.1/24" in host.cli("ip")
    assert "default via 10.0.2.2 dev eth0" in host.cli("ip route")
    assert any(n["address"] == "10.0.2.2" for n in host.json("ip neigh --json"))


def test_ping_says_what_it_got(host):
    assert "2 sent, 2 received, 0% lost" in host.cli("ping -c 2 10.0.2.2")
    assert "1 sent, 0 received, 100% lost" in host.fails("ping -c 1 10.0.2.99")
    assert "is no number" in host.fails("ping -c x 10.0.2.2")


def test_files_come_over_http(host, server):
    assert host.cli(f"wget -O - http://10.0.2.2:{server}/small.txt") == "a small file"
    assert host.cli(f"wget -O - http://10.0.2.2:{server}/elsewhere") == "a small file"
    assert "answers 404" in host.fails(f"wget -O - http://10.0.2.2:{server}/nothing")
    assert "ECONNREFUSED" in host.fails("wget -O - http://10.0.2.2:1/")
    assert "closed before the end" in host.fails(f"wget -O - http://10.0.2.2:{server}/short")
    assert "EROFS" in host.fails(f"wget http://10.0.2.2:{server}/small.txt")
    assert "only http://" in host.fails("wget ftp://10.0.2.2/x")


def test_files_go_to_a_disk(host, server):
    host.cli("mount vda /mnt")
    assert f"/mnt/large: {len(LARGE)} bytes" in host.cli(f"wget -O /mnt/large http://10.0.2.2:{server}/large")
    assert "closed before the end" in host.fails(f"wget -O /mnt/short http://10.0.2.2:{server}/short")
    assert "short" not in host.cli("ls /mnt")               # no part of it is left
    assert "it cannot be written" in host.fails(f"wget -O /mnt/no/where http://10.0.2.2:{server}/large")
    host.cli("umount /mnt")
    read = subprocess.run(["debugfs", "-R", "cat /large", DISK], check=True, capture_output=True)
    assert read.stdout == LARGE


def test_a_fixed_address_and_back(host, server):
    assert "is no address" in host.fails("ip set 10.0.2.300/24")
    assert "not in the network" in host.fails("ip set 10.0.2.20/24 10.0.3.2")
    host.cli("ip set 10.0.2.20/24 10.0.2.2")
    assert interfaces(host)["eth0"]["address"] == "10.0.2.20"
    assert host.cli(f"wget -O - http://10.0.2.2:{server}/small.txt") == "a small file"
    host.cli("ip set dhcp")
    host.until(lambda: interfaces(host)["eth0"]["address"] == "10.0.2.15")


def test_forwards_are_listed_and_deleted(host):
    there = [(f["port"], f["target"], f["to_port"]) for f in host.json("forward --json")]
    assert there == [(host.ports[FORWARDED], "one", 80)]
    host.cli("forward add 7000 nobody:70; forward add udp 7000 192.168.122.9:71")
    assert "forwarded already" in host.fails("forward add 7000 nobody:1")
    assert "is no port" in host.fails("forward add 70000 nobody:1")
    assert "is not like" in host.fails("forward add 7001 nobody")
    assert "192.168.122.9:71" in host.cli("forward list")
    host.cli("forward delete 7000; forward delete udp 7000")
    assert "no tcp port is forwarded" in host.fails("forward delete 7000")


# ---- guests ----


@pytest.mark.limit(240)
def test_guests_get_addresses(host, guests):
    assert re.fullmatch(IPS, guests["one"]) and guests["one"] != guests["two"]
    for name, address in guests.items():
        shown = ask(host, name, "ip addr show eth0; ip route; cat /etc/resolv.conf")
        assert f"inet {address}/24" in shown
        assert "default via 192.168.122.1" in shown and "nameserver 192.168.122.1" in shown
    assert "1 received" in host.cli("ping -c 1 one")
    assert re.search(rf"Server:  none.*Address: {re.escape(guests['one'])}", host.cli("nslookup one"), re.DOTALL)


def test_guests_reach_each_other_and_the_router(host, guests):
    assert "2 packets received" in ask(host, "one", f"ping -c 2 {guests['two']}")
    for size in (56, 5000):
        assert "2 packets received" in ask(host, "two", f"ping -c 2 -s {size} 192.168.122.1")


def test_guests_reach_the_outer_network(host, guests, server):
    for size in (56, 5000):                             # the larger ones in fragments
        assert "2 packets received" in ask(host, "one", f"ping -c 2 -s {size} 10.0.2.2")
    for name in guests:
        assert DIGEST in ask(host, name, f"wget -q -O - http://10.0.2.2:{server}/large | md5sum", 120)
    nat = host.json("ip nat --json")
    assert {c["guest"] for c in nat["table"]} == set(guests.values())
    assert nat["spoofed"] == 0 and nat["malformed"] == 0
    # The router tells when a packet has gone too far; nobody listens on its own ports.
    assert "192.168.122.1" in ask(host, "one", "traceroute -n -m 1 -q 1 -w 2 10.0.2.2")
    ask(host, "one", "! nc -w 2 192.168.122.1 80 < /dev/null")


def test_the_host_reaches_a_guest(host, guests):
    ask(host, "one", "mkdir -p /www; head -c 2000000 /dev/urandom > /www/file; httpd -p 80 -h /www")
    wanted = ask(host, "one", "md5sum < /www/file").split()[0]
    assert [f["address"] for f in host.json("forward --json")] == [guests["one"]]
    port = host.ports[FORWARDED]
    for _ in range(3):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/file", timeout=60) as answer:
            assert hashlib.md5(answer.read()).hexdigest() == wanted
    # Also from the control domain, by the domain's name.
    assert "answers 404" in host.fails("wget -O - http://one/nothing")
    host.cli("forward delete", port)
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/file", timeout=5)
    host.cli("forward add", port, FORWARDED)


def test_a_flood_costs_its_sender(host, guests, server):
    """One guest sends as fast as it can, to the router and through it: the others and the control domain
    go on."""
    before = host.json("ip nat --json")
    ask(host, "one", "flood() { while :; do nc -u -w 1 $1 $2 < /bin/busybox; done > /dev/null 2>&1; }; "
                     "for port in 9 67 53; do flood 192.168.122.1 $port & done; flood 10.0.2.99 9 & "
                     "(while :; do ping -q -i 0 -c 1000 -s 1400 192.168.122.1; done) > /dev/null 2>&1 & true")
    assert "answer" not in host.cli("ping -c 2 10.0.2.2", timeout=60)
    assert host.cli(f"wget -O - http://10.0.2.2:{server}/small.txt", timeout=60) == "a small file"
    assert DIGEST in ask(host, "two", f"wget -q -O - http://10.0.2.2:{server}/large | md5sum", 120)
    assert "packets received" in ask(host, "two", "ping -c 2 192.168.122.1")
    after = host.json("ip nat --json")
    assert after["to_outside"] > before["to_outside"] and after["connections"] <= after["most"]
    ask(host, "one", "killall ping nc cat; kill $(jobs -p) 2>/dev/null; killall -9 nc ping; true")


# ---- the card in a bridge ----


@pytest.mark.limit(240)
def test_a_guest_on_the_outer_network(host, guests, server):
    """The control domain's interface follows its card into a bridge; a guest there gets its address from the
    outer network."""
    host.cli("bridge create lan eth0")
    assert interfaces(host)["eth0"]["bridge"] == "lan" and interfaces(host)["eth0"]["address"] == "10.0.2.15"
    host.cli("network-attach two bridge=lan")
    shown = ask(host, "two", "until [ -e /sys/class/net/eth1 ]; do sleep 1; done; "
                             "udhcpc -i eth1 -s /etc/lease -n -q -t 9 > /dev/null 2>&1; "
                             "ip addr show eth1; ip route", 90)
    address = re.findall(r"inet (10\.0\.2\.\d+)/24", shown)[0]
    assert address != "10.0.2.15" and "default via 10.0.2.2 dev eth1" in shown
    assert "2 packets received" in ask(host, "two", "ping -c 2 10.0.2.2")
    assert "2 packets received" in ask(host, "two", "ping -c 2 10.0.2.15")         # the control domain
    assert DIGEST in ask(host, "two", f"wget -q -O - http://10.0.2.2:{server}/large | md5sum", 120)
    # translated, through the bridge
    assert "2 packets received" in ask(host, "one", "ping -c 2 10.0.2.2")
    assert host.cli(f"wget -O - http://10.0.2.2:{server}/small.txt") == "a small file"
    host.cli("network-detach two 1", timeout=60)
    assert "stays with the bridge" in host.fails("bridge leave lan eth0.host")
    host.cli("bridge leave lan eth0")
    assert interfaces(host)["eth0"]["bridge"] is None
    host.cli("bridge delete lan")
    assert host.cli(f"wget -O - http://10.0.2.2:{server}/small.txt") == "a small file"
    assert "guests' own network" in host.fails("bridge join xenbr0 eth0")
