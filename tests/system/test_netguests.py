"""Example guests on the network, reached from outside of QEMU through forwards of the control domain."""

import hashlib
import http.client
import os
import random
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

import pytest

from enso import LOGS, ROOT

WEB, ECHO, DATAGRAMS = "webserver:80", "netecho:7", "udp:netecho:7"
RANDOM = random.Random(4)
FILES = {
    "index.html": b"<h1>a page</h1>\n",
    "page.txt": b"text\n",
    "large.bin": RANDOM.randbytes(3 << 20),
    "middle.bin": RANDOM.randbytes(200_001),
    "folder/a b<c>&.txt": b"x",
    "folder/deeper/index.html": b"deeper\n",
}


def disk():
    """An ext4 image with the same files."""
    path = os.path.join(LOGS, "netguests-disk.img")
    os.makedirs(LOGS, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        put_files(work, FILES.items())
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", work, path, "32M"], check=True,
                       capture_output=True)
    return path


def put_files(tree, files):
    for name, content in files:
        path = os.path.join(tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content)


def archive():
    """What the web server serves lies in /www of its boot archive; /secret lies beside it."""
    with tempfile.TemporaryDirectory() as work:
        tree = os.path.join(work, "tree")
        put_files(tree, [(f"www/{n}", c) for n, c in FILES.items()] + [("secret", b"secret")])
        subprocess.run([f"{ROOT}/setup/cpio.sh", tree, f"{work}/web.cpio"], check=True)
        with open(f"{work}/web.cpio", "rb") as f:
            return f.read()


def machine():
    return dict(mem=512, cpus=1, net="user", files={"web.cpio": archive()}, fwd=[WEB, ECHO, DATAGRAMS],
                qemu=["-drive", f"if=none,id=served,format=raw,file={disk()}",
                      "-device", "virtio-blk-pci,disable-legacy=on,drive=served"])


def holdings(host):
    host.cli("free --drop")
    return host.holdings()


@pytest.fixture(scope="module")
def _before():
    return {}


@pytest.fixture
def guests(host, _before):
    """Both guests are there and listen."""
    _before.setdefault("holdings", None)
    if _before["holdings"] is None:
        _before["holdings"] = holdings(host)
    there = host.domains()
    if "webserver" not in there:
        host.cli("create webserver.cfg", "'ramdisk=\"/web.cpio\"'", "'extra=\"webserver root=/www\"'")
    if "netecho" not in there:
        host.cli("create netecho.cfg")
    host.until(lambda: "serving" in host.said("webserver"), 60)
    host.until(lambda: "listening" in host.said("netecho"), 60)
    return host


def web_client(host):
    return http.client.HTTPConnection("127.0.0.1", host.ports[WEB], timeout=100)


def web_socket(host):
    return socket.create_connection(("127.0.0.1", host.ports[WEB]), 60)


def request(host, path, method="GET", headers=None, connection=None):
    """(status, headers, body)"""
    c = connection or web_client(host)
    c.request(method, path, headers=headers or {})
    answer = c.getresponse()
    body = answer.read()
    if not connection:
        c.close()
    return answer.status, dict(answer.getheaders()), body


def talk(host, text):
    """Sends bytes to the web server and returns all that comes until it closes."""
    with web_socket(host) as s:
        s.sendall(text)
        got = b""
        while piece := s.recv(65536):
            got += piece
        return got


def echoes(host, content):
    with socket.create_connection(("127.0.0.1", host.ports[ECHO]), 60) as s:
        sender = threading.Thread(target=s.sendall, args=[content])
        sender.start()
        got = b""
        while len(got) < len(content) and (piece := s.recv(65536)):
            got += piece
        sender.join()
        return got == content


def test_files(guests):
    for name, content in FILES.items():
        status, headers, body = request(guests, "/" + urllib.parse.quote(name))
        assert status == 200 and hashlib.sha256(body).digest() == hashlib.sha256(content).digest(), name
    assert request(guests, "/page.txt")[1]["Content-Type"].startswith("text/plain")
    status, headers, body = request(guests, "/large.bin", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(3 << 20), b"")
    assert request(guests, "/")[2] == FILES["index.html"]


def test_counters_are_exact(guests):
    """Fifty datagrams that are echoed, and what else there may be: searches for addresses, and IPv6's for
    neighbours."""
    def interface():
        return guests.json("network-list --json netecho")[0]

    before = interface()
    for n in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(60)
            s.connect(("127.0.0.1", guests.ports[DATAGRAMS]))
            s.send(bytes([n]) * 1000)
            assert s.recv(2000) == bytes([n]) * 1000
    after = interface()
    for way in ("rx", "tx"):
        packets, size = (after[f"{way}_{what}"] - before[f"{way}_{what}"] for what in ("packets", "bytes"))
        others, rest = packets - 50, size - 50 * 1042
        assert 0 <= others <= 8 and 42 * others <= rest <= 120 * others, (way, packets, size)
    for what in ("errors", "rx_drops", "tx_drops", "spoofed"):
        assert after[what] == before[what], what
    guests.until(lambda: {d["name"]: d for d in guests.json("list -l")}["netecho"]["vifs"] == [interface()])
    row = next(line.split() for line in guests.cli("top -x -n 1 -d 10ms").splitlines()
               if line.startswith("netecho "))
    last = interface()
    assert row[:2] + row[4:] == ["netecho", "1", "0", "0", "0", "0", "0", "0"]
    for shown, what in zip(row[2:4], ("rx_bytes", "tx_bytes")):
        assert after[what] // 1024 <= int(shown) <= last[what] // 1024, what


def test_folders_ranges_and_what_is_not_there(guests):
    status, headers, _ = request(guests, "/folder")
    assert (status, headers["Location"]) == (301, "/folder/")
    status, _, body = request(guests, "/folder/")
    assert status == 200 and b'href="a%20b%3Cc%3E%26.txt"' in body and b'href="deeper/"' in body
    assert b"<c>" not in body
    assert request(guests, "/folder/deeper/")[2] == b"deeper\n"
    middle = FILES["middle.bin"]
    for asked, part in (("0-9", middle[:10]), ("200000-", middle[200000:]), ("-5", middle[-5:]),
                        ("7-999999999", middle[7:])):
        status, headers, body = request(guests, "/middle.bin", headers={"Range": f"bytes={asked}"})
        assert (status, body) == (206, part) and headers["Content-Range"].endswith("/200001")
    assert request(guests, "/middle.bin", headers={"Range": "bytes=200001-"})[0] == 416
    assert request(guests, "/nothing")[0] == 404 and request(guests, "/page.txt/")[0] == 404
    assert request(guests, "/page.txt", "DELETE")[0] == 405


def test_one_connection_for_many_requests(guests):
    c = web_client(guests)
    for i in range(20):
        name = ("page.txt", "middle.bin")[i % 2]
        assert request(guests, "/" + name, connection=c)[2] == FILES[name]
    c.close()
    both = talk(guests, b"GET /page.txt HTTP/1.1\r\n\r\nGET /page.txt HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert both.count(b"HTTP/1.1 200 OK") == 2 and both.endswith(b"\r\n\r\ntext\n")


def test_fifty_connections_at_once(guests):
    """All are open before the first asks."""
    connections = [web_client(guests) for _ in range(50)]
    for c in connections:
        c.connect()
        time.sleep(0.05)                        # QEMU leaves only one waiting that it has not taken
    for c in connections:
        c.request("GET", "/middle.bin")
    for c in connections:
        assert c.getresponse().read() == FILES["middle.bin"]
        c.close()


def test_requests_that_nobody_should_send(guests):
    for line, status in ((b"GET /../secret HTTP/1.1", 400), (b"GET /%2e%2e/secret HTTP/1.1", 400),
                         (b"GET /folder/..%2f..%2fsecret HTTP/1.1", 400), (b"GET /\0 HTTP/1.1", 400),
                         (b"GET secret HTTP/1.1", 400), (b"nonsense", 400), (b"GET / HTTP/3.0", 505),
                         (b"GET /" + b"a" * 3000 + b" HTTP/1.1", 414),
                         (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3000, 431),
                         (b"POST / HTTP/1.1\r\nContent-Length: 5", 405),
                         (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked", 413)):
        answer = talk(guests, line + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 %d " % status), (line[:60], answer[:60])
        assert b"secret" not in answer
    talk(guests, RANDOM.randbytes(20000) + b"\r\n\r\n")
    # Clients that open connections and say nothing, or half a request, keep nobody else waiting.
    idle = []
    for _ in range(40):
        idle.append(web_socket(guests))
        time.sleep(0.05)
    for s in idle[::2]:
        s.sendall(b"GET /page.txt HTT")
    assert request(guests, "/page.txt")[2] == b"text\n"
    for s in idle:
        s.close()
    # And those that ask and go away.
    for _ in range(20):
        with web_socket(guests) as s:
            s.sendall(b"GET /large.bin HTTP/1.1\r\n\r\n")
        time.sleep(0.05)
    assert request(guests, "/page.txt")[2] == b"text\n"


def test_echo(guests):
    assert echoes(guests, b"hello")
    assert echoes(guests, RANDOM.randbytes(1 << 20))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        for size in (0, 1, 1000, 1400, 8000):     # the last one in fragments
            content = RANDOM.randbytes(size)
            for _ in range(5):
                s.sendto(content, ("127.0.0.1", guests.ports[DATAGRAMS]))
                try:
                    assert s.recv(10000) == content
                    break
                except TimeoutError:
                    continue
            else:
                pytest.fail(f"no datagram of {size} bytes came back")


def test_two_guests_talk(guests):
    address = guests.said("netecho").split("address ")[1].split(",")[0]
    guests.cli("create netecho.cfg", "'name=\"client\"'", f"'extra=\"netecho send={address} bytes=3000000\"'")
    guests.until(lambda: "client" not in guests.domains(), 90)
    said = guests.said("client")
    assert f"3000000 of 3000000 bytes came back from {address}" in said and "a datagram came back" in said


def test_an_interface_goes_and_comes_back(guests):
    """The frontend lets go of its rings, asked or not, and connects again when there is a backend, also with
    another address."""
    first = guests.json("network-list --json netecho")[0]["mac"]
    others = ["00:16:3e:00:77:01", "00:16:3e:00:77:02"]
    for mac, force in zip([first, first, *others, first], ["", "--force", "", "--force", ""]):
        guests.cli(f"network-detach {force} netecho 0")
        assert guests.json("network-list --json netecho") == []
        guests.cli(f"network-attach netecho mac={mac},devid=0")      # the one that the guest has open
        guests.until(lambda: [v["state"] for v in guests.json("network-list --json netecho")] == [4], 30)
        guests.until(lambda: _reachable(guests), 30)
        assert guests.json("network-list --json netecho")[0]["spoofed"] == 0
    assert echoes(guests, RANDOM.randbytes(100_000))


def _reachable(guests):
    try:
        return echoes(guests, b"there?")
    except OSError:
        return False


def test_files_of_a_disk(guests):
    guests.cli("shutdown -w webserver", timeout=60)
    said = guests.said("webserver")
    assert " 0 refused" in said and " 0 open" in said
    guests.cli("create webserver.cfg", "'disk=[\"vda,raw,xvda,r\"]'")
    guests.until(lambda: "serving /disk" in guests.said("webserver"), 60)
    for name in ("large.bin", "folder/deeper/index.html"):
        assert request(guests, "/" + name)[2] == FILES[name]
    assert request(guests, "/middle.bin",
                   headers={"Range": "bytes=150000-150099"})[2] == FILES["middle.bin"][150000:150100]
    assert b'href="deeper/"' in request(guests, "/folder/")[2]
    assert request(guests, "/")[2] == FILES["index.html"]


def test_clients_that_do_not_read(guests):
    """An echo that nobody takes stops its connection, with all that has come on it; the others go on."""
    address = guests.said("netecho").split("address ")[1].split(",")[0]
    guests.cli("create netecho.cfg", "'name=\"idle\"'",
               f"'extra=\"netecho send={address} hold=55\"'", "memory=64")
    guests.until(lambda: "connections are stopped" in guests.said("idle"), 90)
    for _ in range(2):
        assert echoes(guests, RANDOM.randbytes(100_000))
    guests.cli("shutdown -w idle", timeout=60)


def test_nothing_is_left(guests, _before):
    for name in ("webserver", "netecho"):
        guests.cli(f"shutdown -w {name}", timeout=60)
    before = _before["holdings"]
    guests.until(lambda: holdings(guests) == before, 60, pause=1)
    assert guests.audit() == 0
