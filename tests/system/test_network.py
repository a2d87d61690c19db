"""Network interfaces of domains: two Linux guests on a bridge, through the network backend."""

import time

import pytest

from enso import ask

MACHINE = dict(mem=900, cpus=2)
FIRST = 300         # seconds for the test that makes the guests, on a busy machine

MAC = {"a": "00:16:3e:00:00:01", "b": "00:16:3e:00:00:02"}
MIB = 1 << 20


def vif(*specs):
    return "'vif=[" + ", ".join(f'"{s}"' for s in specs) + "]'"


def holdings(host):
    """What is in use, the unpacked kernels that the toolstack keeps left out."""
    host.cli("free --drop")
    return host.holdings(), host.info()["packet_frames_used"]


def interface(host, guest, handle=0):
    return {v["handle"]: v for v in host.json(f"network-list --json {guest}")}[handle]


def create(host, name, *specs, more=""):
    host.cli("create /linux.cfg", f"name={name}", more, vif(*specs), timeout=120)


def wait_for_shell(host, *names):
    for name in names:
        with host.console(name) as console:
            console.expect("user space is up", 120)


@pytest.fixture(scope="module")
def begun():
    return {}


@pytest.fixture
def guests(host, begun):
    """The two guests, 10.0.0.1 and 10.0.0.2, made by whichever test comes first. b may have no other
    address."""
    if not host.domains().keys() >= {"a", "b"}:
        begun["holdings"] = holdings(host)
        host.cli("bridge create lab")
        create(host, "a", f"mac={MAC['a']},bridge=lab", more="vcpus=2")
        create(host, "b", f"mac={MAC['b']},bridge=lab,ip=10.0.0.2")
        wait_for_shell(host, "a", "b")
        ask(host, "a", "ip addr add 10.0.0.1/24 dev eth0")
        ask(host, "b", "ip addr add 10.0.0.2/24 dev eth0")
        for name in "ab":       # an interface answers for its own address only
            ask(host, name, "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore")
    return host


def transfer(host, sender, receiver, address, mib):
    """Sends random bytes by TCP and compares what arrived."""
    ask(host, receiver, "rm -f /tmp/sum; (nc -l -p 99 | md5sum > /tmp/sum) & sleep 1")
    total = ask(host, sender, f"dd if=/dev/urandom of=/tmp/x bs=1M count={mib} 2>/dev/null; md5sum < /tmp/x")
    ask(host, sender, f"nc {address} 99 < /tmp/x", 120)
    assert ask(host, receiver, "until [ -s /tmp/sum ]; do sleep 1; done; cat /tmp/sum") == total


@pytest.mark.limit(FIRST)
def test_they_reach_each_other(guests):
    """Frames of all sizes, and datagrams of several."""
    host = guests
    sizes = "1 17 18 19 64 100 1000 1471 1472 1473 2000 8000 30000"
    for sender, address in (("a", "10.0.0.2"), ("b", "10.0.0.1")):
        lost = ask(host, sender, f"for s in {sizes}; do ping -c 1 -W 10 -s $s {address} > /dev/null || "
                   "echo lost $s; done", 200)
        assert lost == ""
    for name in "ab":
        v = interface(host, name)
        assert v["state"] == 4 and v["errors"] == 0 and not v["stopped"]
        assert v["rx_packets"] > 60 and v["tx_packets"] > 60
        assert v["queues"] == (2 if name == "a" else 1)             # as many as it has vcpus
    assert "vif" in host.cli("network-list a") and MAC["a"] in host.cli("bridge show lab")


@pytest.mark.limit(240)
def test_bytes_arrive_as_they_were(guests):
    """By TCP in large segments, both ways."""
    host = guests
    for sender, receiver, address in (("a", "b", "10.0.0.2"), ("b", "a", "10.0.0.1")):
        before = interface(host, sender)
        transfer(host, sender, receiver, address, 6)
        after = interface(host, sender)
        assert after["rx_bytes"] - before["rx_bytes"] >= 6 * MIB
        # so some were larger than a frame of the wire
        assert after["rx_packets"] - before["rx_packets"] < 6 * MIB // 1514
        assert after["errors"] == before["errors"]


def attach_small(host, guest, mac):
    """A second interface whose backend offers neither segments nor several fragments. The guest must not see
    it before."""
    host.cli("pause", guest)
    host.cli("network-attach", guest, f"mac={mac} bridge=lab devid=1")
    back = f"/local/domain/0/backend/vif/{host.domains()[guest]['domid']}/1"
    for key in ("feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload",
                "feature-split-event-channels"):
        host.cli(f"xenstore-write {back}/{key} 0")
    host.cli("unpause", guest)
    host.until(lambda: interface(host, guest, 1)["state"] == 4, timeout=60)


@pytest.mark.limit(240)
def test_without_offloads(guests):
    """One guest sends and the other receives such frames only as a wire has."""
    host = guests
    attach_small(host, "a", "00:16:3e:00:01:01")
    attach_small(host, "b", "00:16:3e:00:01:02")
    ask(host, "a", "ip link set eth1 up; ip addr add 10.0.1.1/24 dev eth1")
    ask(host, "b", "ip link set eth1 up; ip addr add 10.0.1.2/24 dev eth1")
    transfer(host, "a", "b", "10.0.1.2", 2)
    v = interface(host, "a", 1)
    assert v["rx_packets"] > 2 * MIB // 1514 and v["errors"] == 0
    transfer(host, "b", "a", "10.0.1.1", 2)
    for name in "ab":
        host.cli(f"network-detach {name} 1", timeout=40)


def test_others_unicast_is_not_seen(guests):
    """Not even by an interface that may send from any address."""
    host = guests
    host.cli("network-attach a bridge=lab antispoof=0 devid=3")
    host.until(lambda: interface(host, "a", 3)["state"] == 4, timeout=60)
    ask(host, "a", "ip link set eth1 up promisc on")
    ask(host, "a", "ping -c 1 -W 10 10.0.0.2 > /dev/null")
    before, other = interface(host, "a", 3)["tx_packets"], interface(host, "b")["tx_packets"]
    ask(host, "a", "ping -c 50 -i 0.02 10.0.0.2 > /dev/null; true", 60)
    assert interface(host, "b")["tx_packets"] - other >= 50
    assert interface(host, "a", 3)["tx_packets"] - before < 10          # now and then a broadcast
    host.cli("network-detach a 3", timeout=40)


def test_spoofed_addresses_are_dropped(guests):
    host = guests
    before, b = interface(host, "a"), interface(host, "b")["tx_packets"]
    ask(host, "a", "ip link set eth0 down; ip link set eth0 address 00:16:3e:77:77:77; ip link set eth0 up")
    ask(host, "a", "ping -c 3 -W 1 10.0.0.2 > /dev/null; arping -c 2 -I eth0 10.0.0.2 > /dev/null; true", 60)
    assert interface(host, "a")["spoofed"] - before["spoofed"] >= 3
    assert interface(host, "b")["tx_packets"] - b < 3                     # others' frames at the most
    ask(host, "a", f"ip link set eth0 down; ip link set eth0 address {MAC['a']}; ip link set eth0 up")
    ask(host, "a", "ping -c 1 -W 10 10.0.0.2 > /dev/null")
    before = interface(host, "b")
    ask(host, "b",
        "ip addr add 10.0.0.77/24 dev eth0; ping -c 3 -W 1 -I 10.0.0.77 10.0.0.1 > /dev/null; "
        "ip addr del 10.0.0.77/24 dev eth0",
        60)
    after = interface(host, "b")
    assert after["spoofed"] - before["spoofed"] >= 3 and after["rx_drops"] - before["rx_drops"] >= 3
    ask(host, "b", "ping -c 1 -W 10 10.0.0.1 > /dev/null")


def test_rate(guests):
    """So many bytes at the most, in any time that is longer than the one that passed here."""
    host = guests
    host.cli("network-attach a mac=00:16:3e:00:02:01 bridge=lab rate=400KB/s@10ms devid=2")
    host.cli("network-attach b mac=00:16:3e:00:02:02 bridge=lab devid=2")
    host.until(lambda: [interface(host, name, 2)["state"] for name in "ab"] == [4, 4], timeout=60)
    assert interface(host, "a", 2)["rate"] == "4000,10000"
    ask(host, "b",
        "ip link set eth1 up; ip addr add 10.0.2.2/24 dev eth1; (nc -l -p 96 > /dev/null) & sleep 1")
    ask(host, "a",
        "ip link set eth1 up; ip addr add 10.0.2.1/24 dev eth1; "
        "(nc 10.0.2.2 96 < /dev/zero > /dev/null 2>&1) & true")
    start, before = time.monotonic(), interface(host, "a", 2)["rx_bytes"]
    host.until(lambda: interface(host, "a", 2)["rx_bytes"] > before + 1000000, timeout=60)
    sent, took = interface(host, "a", 2)["rx_bytes"] - before, time.monotonic() - start
    assert sent <= 400e3 * (took + 0.1) + 70000
    for name in "ab":
        ask(host, name, "killall nc; true")
        host.cli(f"network-detach {name} 2", timeout=40)


@pytest.mark.limit(600)
def test_they_come_and_go_under_traffic(guests):
    """Fifty times, and now and then by force while it sends. (What the guest's shell starts here is not its
    child for long: when a child ends, busybox gives up a write to the console that waits.)"""
    host = guests
    ask(host, "b", "(while nc -l -p 98 > /dev/null; do :; done) & sleep 1")
    ask(host, "a",
        "(while :; do dd if=/dev/zero bs=64k count=20 | nc 10.0.0.2 98; sleep 0.2; done) > /dev/null 2>&1 & "
        "true")                                     # and some time for who handles the guest's devices
    moved = interface(host, "a")["rx_bytes"]
    for i in range(50):
        host.cli("network-attach a mac=00:16:3e:00:03:01 bridge=lab devid=1")
        host.until(lambda: interface(host, "a", 1)["state"] == 4, timeout=60)
        ask(host, "a", "ip link set eth1 up; ip addr add 10.0.3.1/24 dev eth1; "
                       "(ping -c 1 -W 1 -s 9000 10.0.3.2 > /dev/null 2>&1 &)")
        if i % 3 == 2:
            ask(host, "a", f"arp -s 10.0.3.2 {MAC['b']} -i eth1; "
                           "(ping -c 3000 -i 0.01 -s 1400 10.0.3.2 > /dev/null 2>&1 &)")
            host.until(lambda: interface(host, "a", 1)["rx_packets"] > 50, timeout=60)
            host.cli("network-detach a 1 --force")
        else:
            host.cli("network-detach a 00:16:3E:00:03:01", timeout=40)
        assert [v["handle"] for v in host.json("network-list --json a")] == [0]
    assert interface(host, "a")["rx_bytes"] > moved
    assert interface(host, "a")["errors"] == 0


def test_destroyed_under_traffic(guests, begun):
    """First the sender, then the receiver; nothing is left."""
    host = guests
    for name in ("a", "b"):
        host.cli("destroy", name)
    assert [m["name"] for m in host.json("bridge show --json lab")["members"]] == []
    host.cli("bridge delete lab")
    assert holdings(host) == begun["holdings"]
    assert host.audit() == 0


def test_what_cannot_be_had(host):
    """One line with the reason, and nothing is left."""
    before = holdings(host)
    advice = "; `bridge list` shows the bridges, `bridge create` makes one"
    for spec, line in (
        ("bridge=nowhere", "create: vif 0: nowhere: there is no such bridge (ENOENT)" + advice),
        ("mac=00:16:3e:00:00:01,vifname=lo0,bridge=xenbr0x",
         "create: vif 0: xenbr0x: there is no such bridge (ENOENT)" + advice),
    ):
        assert host.fails("create /hello.cfg", vif(spec)) == line
        assert holdings(host) == before
    host.cli("bridge create lab")
    host.cli("create -p /hello.cfg", vif(f"mac={MAC['a']},bridge=lab,vifname=first"))
    assert "vif 0: vif" in (said := host.fails("create /hello.cfg name=other",
                                               vif(f"mac={MAC['a']},bridge=lab")))
    assert "its MAC address is another interface's" in said
    assert "its name is another interface's" in host.fails("create /hello.cfg name=other",
                                                           vif("bridge=lab,vifname=first"))
    assert "has an interface of this number" in host.fails("network-attach hello bridge=lab devid=0")
    assert "it has members" in host.fails("bridge delete lab")
    said = host.fails("network-attach hello colour=red")
    assert said.startswith("network-attach: `colour=red`: no such key")
    said = host.fails("network-attach Domain-0")
    assert said.startswith("network-attach: Domain-0: the control domain has")
    assert "no interface 7" in host.fails("network-detach hello 7")
    assert "is no number or MAC address" in host.fails("network-detach hello eth0")
    host.cli("destroy hello")
    host.cli("bridge delete lab")
    assert holdings(host) == before
    assert host.audit() == 0
