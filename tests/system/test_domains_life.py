"""Domains come and go, hundreds of them, at every moment of their lives, and leave nothing behind."""

import re
import time

import pytest

MACHINE = dict(mem=1024, cpus=2)
UP = "enso-initramfs: user space is up"

# What Linux has said when it is destroyed; None: it has not run yet.
STAGES = [None, "Linux version", "Zone ranges", "Booting kernel on Xen", "Dentry cache hash table entries",
          "clocksource: Switched to clocksource xen", "Freeing initrd memory",
          "Key type encrypted registered", "Run /init as init process", UP]


@pytest.fixture(autouse=True)
def nothing_left(host):
    """Each test of this file gives back all it took, to the frame."""
    host.cli("free --drop")
    before = host.holdings()
    yield
    if host.alive():
        for name in host.domains():
            if name != "Domain-0":
                host.cli("destroy", name)
        host.cli("free --drop")
        assert host.holdings() == before
        assert host.audit() == 0


def printed(host, name, text, timeout=20):
    host.until(lambda: text in host.said(name), timeout)


def state(host, name):
    return host.domains()[name]["state"]


def shut_down(host, name):
    """Waits until the domain is kept although it has ended."""
    host.until(lambda: "s" in state(host, name))


# ---- cycles ----

@pytest.mark.limit(180)
def test_200_cycles_of_hello(host):
    """From destroyed before it could run to destroyed after its greeting, ten in a line."""
    first = int(host.cli("create hello.cfg -q; domid hello; destroy hello"))
    for batch in range(20):
        pause = f"sleep {batch * 0.005:.3f}; " if batch else ""
        said = host.cli(*[f"create hello.cfg -q; {pause}destroy hello;"] * 10, "echo done", timeout=60)
        assert said == "done"
    last = int(host.cli("create hello.cfg -q; domid hello"))
    assert last == first + 201                                  # no number is used twice
    host.until(lambda: "hello: I am domain" in host.said(last))
    host.cli("destroy hello")


@pytest.mark.limit(300)
def test_10_cycles_of_linux(host):
    for i, stage in enumerate(STAGES):
        if stage is None:
            host.cli("create linux.cfg -p", timeout=60)
        else:
            with host.console("linux", "create linux.cfg -c") as console:
                console.says(stage, timeout=60)
        host.cli("destroy linux")
        assert list(host.domains()) == ["Domain-0"], i


def test_a_host_full_of_domains(host):
    """As many as fit; the next one is refused with the reason; then all go at once."""
    names = [f"h{i}" for i in range(30)]
    for name in names:
        host.cli(f"create hello.cfg -q name={name} memory=24")
    said = host.fails("create hello.cfg memory=400")
    assert re.fullmatch(r"create: hello: not enough memory: the domain needs \d+ KiB, the host has \d+ KiB "
                        r"free \(ENOMEM\); destroy another domain or lower `memory`", said)
    host.until(lambda: all("1 s up" in host.said(name) for name in names[::10]))
    host.cli("destroy", *names)
    assert list(host.domains()) == ["Domain-0"]


# ---- pausing ----

def test_pause_and_unpause(host):
    host.cli("create hello.cfg -q name=a; create hello.cfg -q name=b -p")
    assert state(host, "b") == "--p---" and host.said("b") == ""
    printed(host, "a", "hello: 2 s up")
    for _ in range(20):
        host.cli("pause a; unpause a")
    host.cli("pause a")
    time.sleep(0.2)
    counted = host.said("a")
    host.cli("unpause b")
    printed(host, "b", "hello: 2 s up")
    assert state(host, "a") == "--p---" and host.said("a") == counted
    host.cli("destroy a")               # also while it is paused
    host.cli("pause b")
    host.cli("unpause b")
    printed(host, "b", "hello: 4 s up")


# ---- destroying at odd moments ----

def test_destroyed_twice(host):
    host.cli("create hello.cfg -q")
    domid = host.cli("domid hello")
    host.cli("destroy hello")
    for subject in ("hello", domid):
        assert re.fullmatch(rf"destroy: {subject}: .* \(ENOENT\).*", host.fails("destroy", subject))
    host.cli("create hello.cfg -q")
    said = host.fails("destroy hello hello")            # the first one is done, the second one said
    assert re.fullmatch(r"destroy: hello: no domain has this name \(ENOENT\); .*", said)


@pytest.mark.limit(180)
@pytest.mark.parametrize("cached", [False, True], ids=["unpacking", "building"])
def test_destroyed_while_it_is_being_built_again(host, cached):
    """After `reboot` the kernel is unpacked and the domain is made anew, in the background."""
    with host.console("linux", "create linux.cfg -c") as console:
        console.says(UP, timeout=60)
    first = host.cli("domid linux")
    host.cli("free" if cached else "free --drop", "; reboot linux")
    if cached:
        host.until(lambda: re.fullmatch(rf"(?!{first}$)\d+", host.run("domid linux")[1]), pause=0)
    else:
        host.until(lambda: "(EBUSY)" in host.run("domid linux")[1], pause=0.02)
    host.cli("destroy linux", timeout=60)
    assert list(host.domains()) == ["Domain-0"]
    time.sleep(1)                                       # nobody builds it after all
    assert list(host.domains()) == ["Domain-0"]


def test_destroyed_while_it_shuts_down(host):
    for _ in range(5):
        host.cli("create hello.cfg -q; sleep 0.3; shutdown hello; destroy hello")
    for _ in range(5):
        host.cli("create hello.cfg -q; sleep 0.3; reboot hello; sleep 0.01")
        host.run("destroy hello")
        host.until(lambda: host.run("destroy hello")[0] and list(host.domains()) == ["Domain-0"])


# ---- one name, one uuid ----

def test_a_name_is_used_once(host):
    host.cli("create hello.cfg -q name=web")
    before = host.holdings()
    assert re.fullmatch(r"create: web: a domain with this name exists already \(EEXIST\).*",
                        host.fails("create hello.cfg name=web"))
    assert re.fullmatch(r"create: Domain-0: .* has this name already \(EEXIST\).*",
                        host.fails("create hello.cfg name=Domain-0"))
    assert host.holdings() == before
    host.cli("rename web other; create hello.cfg -q name=web")
    assert set(host.domains()) == {"Domain-0", "web", "other"}


def test_a_uuid_is_used_once(host):
    uuid = "3e1f1a50-7d5c-4c60-9c1d-6a9d0d0c1f11"
    host.cli(f"create hello.cfg -q uuid={uuid}")
    assert re.fullmatch(r"create: other: another domain has its uuid \(EEXIST\).*",
                        host.fails(f"create hello.cfg name=other uuid={uuid}"))
    host.cli("destroy hello")
    host.cli(f"create hello.cfg -q name=other uuid={uuid}")
    assert host.domains()["other"]["uuid"] == uuid


# ---- what a configuration wants when the domain ends ----

def test_on_poweroff(host):
    host.cli("create hello.cfg -q name=kept on_poweroff=preserve; sleep 0.3; shutdown kept")
    shut_down(host, "kept")
    assert state(host, "kept") == "---s--" and host.domains()["kept"]["shutdown_reason"] == "poweroff"
    assert re.search(r"\(E[A-Z]+\)", host.fails("shutdown kept"))
    host.cli("create hello.cfg -q name=again on_poweroff=restart; sleep 0.3")
    domid = int(host.cli("domid again"))
    host.cli("shutdown again")
    host.until(lambda: host.run("domid again")[1] == str(domid + 1))
    printed(host, "again", "1 s up")


def test_on_reboot(host):
    host.cli("create hello.cfg -q name=gone on_reboot=destroy; sleep 0.3; reboot gone")
    host.until(lambda: "gone" not in host.domains())
    host.cli("create hello.cfg -q name=twin on_reboot=rename-restart; sleep 0.3")
    domid = int(host.cli("domid twin"))
    host.cli("reboot twin")
    host.until(lambda: {f"twin-{domid}", "twin"} <= set(host.domains()))
    both = host.domains()
    assert both[f"twin-{domid}"]["shutdown_reason"] == "reboot" and "s" in both[f"twin-{domid}"]["state"]
    assert both["twin"]["uuid"] != both[f"twin-{domid}"]["uuid"]
    printed(host, "twin", "1 s up")
    for _ in range(3):                                  # the plain restart, again and again
        host.cli("create hello.cfg -q; sleep 0.2; reboot -w -t 10 hello; destroy hello", timeout=20)


def test_on_crash(host):
    crash = "create crash.cfg -q extra='crash nohandler'"
    host.cli(f"{crash} name=gone on_crash=destroy")
    host.until(lambda: "gone" not in host.domains())
    host.cli(f"{crash} name=kept on_crash=preserve")
    shut_down(host, "kept")
    assert state(host, "kept") == "---sc-" and host.domains()["kept"]["shutdown_reason"] == "crash"
    host.cli("destroy kept")


def test_a_domain_that_dies_at_once_is_given_up(host):
    """on_crash=restart does not keep the host busy for ever."""
    host.cli("create crash.cfg -q extra='crash nohandler' on_crash=restart")
    host.send("sleep 60\r")
    host.expect(r"crash: ended \d times within seconds of its start, it is not restarted", timeout=20)
    host.send("\x03")
    host.until(lambda: list(host.domains()) == ["Domain-0"])
