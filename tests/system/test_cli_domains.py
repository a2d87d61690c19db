"""Every command about domains, on the hello guest, with good and with bad input."""

import json
import re

import pytest

MACHINE = dict(mem=384, cpus=2)


@pytest.fixture
def hello(host):
    """A running hello; gone again after the test, whatever it was renamed to."""
    host.cli("create hello.cfg -q")
    domid = int(host.cli("domid hello"))
    yield domid
    host.run(f"destroy {domid}")


def state(host, name):
    return host.domains()[name]["state"]


def printed(host, domid, text):
    """Waits until the domain has printed the text."""
    for _ in range(50):
        if text in host.cli(f"console --log {domid}"):
            return True
        host.cli("sleep 0.1")
    return False


def test_create_says_what_it_did(host):
    free = host.free_frames()
    said = host.cli("create hello.cfg name=web memory=12")
    assert re.fullmatch(r"Domain \d+ \(web\) created", said)
    assert host.domains()["web"]["memory_kib"] in range(12 * 1024 - 64, 12 * 1024 + 1)
    host.cli("destroy web")
    assert "web" not in host.domains()
    assert host.free_frames() == free


def test_create_paused_and_dry(host):
    free = host.free_frames()
    assert host.cli("create hello.cfg -n").startswith('hello.cfg: good: "hello" could be created')
    assert list(host.domains()) == ["Domain-0"]
    assert host.cli("create -p hello.cfg").endswith("created, paused")
    assert "p" in state(host, "hello")
    host.cli("unpause hello")
    assert "p" not in state(host, "hello")
    assert printed(host, host.cli("domid hello"), "s up")
    host.cli("destroy hello")
    assert host.free_frames() == free


@pytest.mark.parametrize("command, pattern", [
    ("create nothing.cfg", r"create: nothing\.cfg: cannot read the configuration \(ENOENT\); .*"),
    ("create /", r"create: /: it is a folder \(EISDIR\); .*"),
    ("create hello.cfg memory=lots",
     r"create: command line:1:\d+: memory: .* \(EINVAL\); nothing was created"),
    ("create hello.cfg memory=lots vcpus=0",
     r"command line:.*error.*\n.*error.*\ncreate: hello\.cfg: nothing was created: 2 errors \(EINVAL\).*"),
    ("create hello.cfg kernel=/boot/nothing", r"create: .*/boot/nothing.*\(ENOENT\).*"),
    ("create hello.cfg kernel=/hello.cfg", r"create: .*\(ENOEXEC\).*"),
    ("create hello.cfg memory=100000", r"create: .*\(ENOMEM\).*"),
    ("create", r"create: FILE \[KEY=VALUE \.\.\.\] is missing; usage: create .*"),
])
def test_create_refuses(host, command, pattern):
    free = host.free_frames()
    said = host.fails(command)
    assert re.fullmatch(pattern, said), said
    assert list(host.domains()) == ["Domain-0"]
    assert host.free_frames() == free


def test_a_name_is_used_once(host, hello):
    assert re.search(r"\(EEXIST\)", host.fails("create hello.cfg"))


def test_list(host, hello):
    lines = host.cli("list").split("\n")
    assert lines[0] == "Name                                        ID   Mem VCPUs\tState\tTime(s)"
    assert re.fullmatch(rf"hello {{36}}{hello:>5} +\d+ +1     [r-][b-]---- +\d+\.\d", lines[2]), lines[2]
    assert host.cli("list hello").split("\n")[1].startswith("hello ")
    assert json.loads(host.cli("list -l hello"))[0]["config"]["kernel"] == "/boot/hello"
    assert len(json.loads(host.cli("list --json"))) == 2
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", host.cli("list -v hello"))
    assert re.fullmatch(r"list: .*nobody.*\(ENOENT\).*", host.fails("list nobody"))
    assert host.cli("domname", hello) == "hello"
    assert re.search(r"\(ENOENT\)", host.fails("domid nobody"))
    assert re.search(r"\(ENOENT\)", host.fails("domname 31000"))


def test_pause(host, hello):
    host.cli("pause hello")
    assert "p" in state(host, "hello")
    before = host.cli("console --log hello")
    host.cli("sleep 1.2")
    assert host.cli("console --log hello") == before
    host.cli("unpause hello")
    assert "(EALREADY)" in host.fails("unpause hello")


def test_rename(host, hello):
    host.cli("rename hello other")
    assert host.cli("domname", hello) == "other"
    assert "(EINVAL)" in host.fails("rename other 'a b'")
    assert "(EEXIST)" in host.fails("rename other Domain-0")


def test_console(host, hello):
    with host.console("hello") as console:
        console.expect(r"Console of hello \(domain \d+\)\. Ctrl-\] leaves\.")
        console.expect(r"hello: arguments")
        console.expect(r"hello: \d+ s up")
    assert host.run("console nobody")[0] == 1
    assert re.search(r"hello +%d " % hello, host.cli("console"))


def test_console_from_the_first_line(host):
    free = host.free_frames()
    with host.console("hello", "create hello.cfg -c") as console:
        console.expect("hello: ")
        console.expect("1 s up")
    host.cli("destroy hello")
    assert host.free_frames() == free


def test_the_log_outlives_the_domain(host, hello):
    assert printed(host, hello, "hello: arguments")
    host.cli("destroy hello")
    assert "hello: arguments" in host.cli(f"console --log {hello}")
    assert "hello: arguments" in host.cli("console hello")
    host.cli(f"console --forget {hello}")
    assert "hello: arguments" not in host.run(f"console --log {hello}")[1]


def test_a_living_log_is_not_forgotten(host, hello):
    assert "(EBUSY)" in host.fails("console --forget hello")


def test_shutdown(host, hello):
    assert printed(host, hello, "s up")
    host.cli("shutdown -w -t 10 hello", timeout=15)
    assert "hello" not in host.domains()
    assert "hello: poweroff" in host.cli(f"console --log {hello}")


def test_shutdown_all(host):
    for name in ("a", "b", "c"):
        host.cli(f"create hello.cfg name={name}")
    host.cli("sleep 0.5; shutdown -a -w -t 10", timeout=20)
    assert list(host.domains()) == ["Domain-0"]


def test_shutdown_has_a_time_limit(host, hello):
    assert printed(host, hello, "s up")
    assert re.fullmatch(r"shutdown: hello: it has not shut down in time \(ETIMEDOUT\); .*",
                        host.fails("shutdown -w -t 1us hello"))


def test_reboot(host, hello):
    assert printed(host, hello, "s up")
    host.cli("reboot -w -t 10 hello", timeout=15)
    successor = int(host.cli("domid hello"))
    assert successor != hello
    assert printed(host, successor, "s up")
    host.cli("destroy hello")


def test_a_console_follows_a_reboot(host, hello):
    assert printed(host, hello, "s up")
    with host.console("hello") as console:
        console.expect("s up")
        host.send("\x1d")
        host.expect("enso# ")
        host.send("reboot hello; console hello\r")
        console.expect(r"\[hello is back as domain \d+\]")
        console.expect("hello: arguments")
    host.cli("destroy hello")


def test_destroy_twice(host, hello):
    host.cli("destroy hello")
    assert "(ENOENT)" in host.fails("destroy hello")
    assert "(EPERM)" in host.fails("destroy 0")


def test_vcpu_list(host, hello):
    lines = host.cli("vcpu-list hello").split("\n")
    assert lines[0] == ("Name                                ID  VCPU   CPU State   Time(s) "
                        "Affinity (Hard / Soft)")
    row = rf"hello {{28}}{hello:>5}     0 +\d+   [r-][b-]-  +\d+\.\d  all / all"
    assert re.fullmatch(row, lines[1]), lines[1]


def test_uptime(host, hello):
    host.cli("sleep 1.1")
    assert re.search(rf"(?m)^hello {{29}}{hello:>4}  0:00:0[1-9]$", host.cli("uptime"))
    assert re.fullmatch(rf" \d\d:\d\d:\d\d up  0:00, hello \({hello}\)", host.cli("uptime -s hello"))


def test_top(host, hello):
    said = host.cli("top -n 2 -d 0.3")
    assert said.count("NAME ") == 2 and said.count("hello ") == 2
    for table in (said, host.cli("top -x -n 1 -d 10ms")):
        assert max(len(row) for row in re.findall(r"(?m)^(?:NAME|hello|Domain-0) .*$", table)) <= 80
        assert "NETTX(k)" in table and "VBD_RD" in table
    host.send("top -d 60\r")
    host.expect("hello +")
    host.send("q")
    host.expect("enso# ", 5)
    assert "is no count" in host.fails("top -n 0")


def test_sysrq_and_trigger(host, hello):
    host.cli("sysrq hello h")
    assert host.cli(f"xenstore-read /local/domain/{hello}/control/sysrq") == "h"
    assert "is not one letter" in host.fails("sysrq hello hh")
    assert "(EINVAL)" in host.fails("trigger hello explode")
    assert re.search(r"\(E[A-Z]+\)", host.fails("trigger hello power"))


def test_mem_set(host, hello):
    assert "is no size" in host.fails("mem-set hello 5parsecs")
    assert "(EINVAL)" in host.fails("mem-set hello 4g")
    host.cli("mem-set hello 7m")
    assert host.cli(f"xenstore-read /local/domain/{hello}/memory/target") == str(7 * 1024)
    host.cli("mem-max hello 10")
    assert host.domains()["hello"]["maxmem_kib"] >= 10 * 1024
