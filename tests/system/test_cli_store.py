"""The xenstore-* commands."""

import re

import pytest

MACHINE = dict(mem=256, cpus=1)


@pytest.fixture
def keys(host):
    host.cli("xenstore-write /test/a 1 /test/a/b 'two words' /test/c ''")
    yield "/test"
    host.run("xenstore-rm /test")


def test_read_and_list(host, keys):
    assert host.cli("xenstore-read /test/a /test/a/b") == "1\ntwo words"
    assert host.cli("xenstore-read -p /test/a") == "/test/a: 1"
    assert host.cli("xenstore-list /test") == "a\nc"
    assert host.cli("xenstore-list -p /test/a") == "/test/a/b"
    assert "local" in host.cli("xenstore-list").split("\n")
    assert host.cli("xenstore-read /local/domain/0/name") == "Domain-0"


def test_ls(host, keys):
    assert host.cli("xenstore-ls /test") == 'a = "1"\n b = "two words"\nc = ""'
    assert host.cli("xenstore-ls -f /test") == '/test/a = "1"\n/test/a/b = "two words"\n/test/c = ""'
    assert host.cli("xenstore-ls -p /test/a") == 'b = "two words"   (n0)'
    assert re.search(r'(?m)^  0 = ""$', host.cli("xenstore-ls"))


def test_values_are_printed_safely(host, keys):
    host.cli("xenstore-write /test/a 'back\\slash'")
    assert host.cli("xenstore-read /test/a") == "back\\\\slash"
    host.cli("xenstore-write /test/a caf\xe9")
    assert host.cli("xenstore-read /test/a") == "caf\\303\\251"


def test_rm(host, keys):
    host.cli("xenstore-rm /test/a")
    assert host.cli("xenstore-list /test") == "c"
    host.cli("xenstore-rm -t /test/c")
    host.fails("xenstore-exists /test")


def test_exists(host, keys):
    assert host.run("xenstore-exists /test/a /test/c") == (0, "")
    assert host.run("xenstore-exists /test/a /test/d") == (1, "")


def test_chmod(host, keys):
    host.cli("xenstore-chmod /test/a n0 r7 b9")
    assert host.cli("xenstore-ls -p /test").startswith('a = "1"   (n0,r7,b9)\n b = "two words"   (n0)')
    host.cli("xenstore-chmod -r /test/a r0")
    assert host.cli("xenstore-ls -p /test").startswith('a = "1"   (r0)\n b = "two words"   (r0)')


@pytest.mark.parametrize("line, said", [
    ("xenstore-read /no/such", "xenstore-read: /no/such: cannot read it (ENOENT); "
                               "`xenstore-ls` shows what there is"),
    ("xenstore-list /no/such", "xenstore-list: /no/such: cannot list it (ENOENT); "
                               "`xenstore-ls` shows what there is"),
    ("xenstore-ls nowhere", "xenstore-ls: nowhere: cannot list it (EINVAL); "
                            "a path has letters, digits, - _ @ and / between names"),
    ("xenstore-write /x", "xenstore-write: something is missing after \"/x\"; "
                          "usage: xenstore-write PATH VALUE [PATH VALUE ...]"),
    ("xenstore-write /x 1 /y", "xenstore-write: /y has no value; "
                               "usage: xenstore-write PATH VALUE [PATH VALUE ...]"),
    ("xenstore-write '/a b' 1", "xenstore-write: /a b: cannot write it; nothing was written (EINVAL); "
                                "a path has letters, digits, - _ @ and / between names"),
    ("xenstore-chmod /x z9", "xenstore-chmod: \"z9\" is no permission (n0, r3, b7); "
                             "usage: xenstore-chmod [-r] PATH PERMISSION ..."),
])
def test_refusals(host, line, said):
    assert host.fails(line) == said


def test_a_failed_write_writes_nothing(host, keys):
    host.fails("xenstore-write /test/a 9 '/bad path' 1")
    assert host.cli("xenstore-read /test/a") == "1"


def test_watch(host, keys):
    assert host.cli("xenstore-watch -n 2 /test/a /test/c") in ("/test/a\n/test/c", "/test/c\n/test/a")
    host.send("xenstore-watch @releaseDomain /test\r")
    host.expect("@releaseDomain\r*\n")
    host.expect("/test\r*\n")
    host.send("\x03")
    host.expect("enso# ", 5)


def test_watch_sees_domains(host):
    host.send("create hello.cfg -q; xenstore-watch -n 3 @releaseDomain; echo done\r")
    host.expect("@releaseDomain\r*\n")
    host.send("\x03")
    host.expect("enso# ", 5)
    host.cli("destroy hello")
