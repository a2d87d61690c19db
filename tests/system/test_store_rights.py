"""What a domain may write in the store, and that nobody goes by what it writes there: XSA-57, XSA-175,
XSA-178, XSA-354."""

import re

import pytest

from enso import without_log

MACHINE = dict(mem=256, cpus=2)

# Below /local/domain/N; everything else there is written by the control domain alone.
GUESTS_OWN = {"control/shutdown", "control/sysrq", "control/feature-poweroff", "control/feature-reboot",
              "control/feature-suspend", "data", "attr", "error", "feature"}


@pytest.fixture
def hello(host):
    before = host.holdings()
    host.cli("create hello.cfg -q; sleep 1")
    domid = int(host.cli("domid hello"))
    yield domid
    host.run(f"destroy {domid}")
    assert host.holdings() == before
    assert host.audit() == 0


def nodes(host):
    """{path: permissions} of the whole store, such as "n0,r5"."""
    said = without_log(host.cli("xenstore-ls -f -p"))
    found = re.findall(r'(?m)^(/\S*) = ".*"   \((.*)\)$', said)
    assert len(found) == len(said.split("\n"))
    return dict(found)


def writable(perms, domid):
    """Whether a domain owns a node with these permissions, or may write it."""
    entries = perms.split(",")
    owner, named = entries[0], [e for e in entries[1:] if e[1:] == str(domid)]
    if owner[1:] == str(domid):
        return True
    return (named[0] if named else owner)[0] in "wb"


def test_what_a_guest_may_write(host, hello):
    own = f"/local/domain/{hello}/"
    found = {path for path, perms in nodes(host).items() if writable(perms, hello)}
    assert found == {own + key for key in GUESTS_OWN}


def test_a_guest_may_not_write_anothers(host, hello):
    host.cli("create hello.cfg -q name=other; sleep 1")
    other = int(host.cli("domid other"))
    for path, perms in nodes(host).items():
        assert not (writable(perms, hello) and writable(perms, other)), path
        if path.startswith(f"/local/domain/{other}/"):
            assert f"r{hello}" not in perms.split(",") and f"b{hello}" not in perms.split(",")
    host.cli("destroy other")


LIES = ["", "0", "x-1", "99999999999999999999", "/local/domain/0", "../../0", "a" * 60, "%n%n%s",
        "true; destroy"]


def test_lies_of_a_guest_in_the_store(host, hello):
    """Whatever stands in the nodes that a domain can write, and below them: no command goes by it."""
    before = host.domains()["hello"]
    for lie in LIES:
        for key in sorted(GUESTS_OWN - {"control/shutdown", "control/sysrq"}):
            host.cli(f"xenstore-write /local/domain/{hello}/{key} '{lie}'")
        for key in ("name", "console/ring-ref", "console/tty", "store/port", "memory/target", "backend",
                    "vm"):
            host.cli(f"xenstore-write /local/domain/{hello}/data/{key} '{lie}'")
    after = host.domains()["hello"]
    for told in ("name", "domid", "uuid", "memory_kib", "maxmem_kib", "vcpus", "max_vcpus"):
        assert after[told] == before[told]
    with host.console("hello") as console:
        console.expect(r"hello: \d+ s up")
    host.cli("rename hello liar; rename liar hello")
    assert "powered off" in host.cli("shutdown -w hello")
    assert not [path for path in nodes(host) if path.startswith(f"/local/domain/{hello}")]
