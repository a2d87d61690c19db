"""The shell as such: editing a line, completion, quoting, statuses, interruption, the boot script, files."""

import re
import time

import pytest

MACHINE = dict(mem=256, cpus=1, files={"notes/two words.txt": "found\n", "plain.txt": "one\ntwo\n"})


def type_line(host, keys):
    """Types keys that end in Enter. Returns what was printed before the next prompt, without the line."""
    host.send(keys)
    host.expect(r"\n")
    host.expect("enso# ")
    return host.serial.before.replace("\r", "").strip("\n")


def said_so_far(host):
    """Everything that the serial port has said since the start."""
    host.log_file.flush()
    with open(host.log, encoding="utf-8", errors="replace", newline="") as log:
        return log.read().replace("\r", "")


def test_line_editing(host):
    assert type_line(host, "ecko x\x01\x06\x06\x04h\r") == "x"
    assert type_line(host, "garbage\x15echo clean\r") == "clean"
    assert type_line(host, "cho here\x01e\r") == "here"
    assert type_line(host, "echo one two\x17three\r") == "one three"
    assert type_line(host, "echo a\x1b[Db\r") == "ba"
    assert type_line(host, "echo caf\xe9s\x7f!\r") == "caf\xe9!"


def test_history(host):
    assert type_line(host, "echo remembered\r") == "remembered"
    assert type_line(host, "echo other\r") == "other"
    assert type_line(host, "\x1b[A\x1b[A\r") == "remembered"
    assert type_line(host, "\x12remem\r") == "remembered"
    assert "echo remembered" in host.cli("history")
    host.cli("history -c")
    assert "remembered" not in host.cli("history")


def test_completion(host):
    assert "usage: vcpu-list" in type_line(host, "hel\tvcp\t\r")
    assert type_line(host, "cat pla\t\r") == "one\ntwo"
    assert type_line(host, "domid Dom\t\r") == "0"
    host.send("xenstore-\t\t")                  # several: the second TAB lists them
    host.expect("xenstore-chmod +xenstore-exists")
    host.expect("\nenso# xenstore-")            # the line is back
    host.send("\x03")
    host.expect("enso# ")


def test_a_line_longer_than_the_terminal(host):
    words = " ".join(f"word{i}" for i in range(100))
    assert host.cli("echo", words) == words


def test_words(host):
    assert host.cli("echo 'a  b' \"c;d\" e\\;f a#b") == "a  b c;d e;f a#b"
    assert type_line(host, "echo a # and ; more\r") == "a"
    assert host.cli("xl echo x") == "x"
    assert host.cli("cat 'notes/two words.txt'") == "found"
    status, said = host.run("echo 'open")
    assert status != 0 and said == "shell: a quote is not closed; nothing was run"


@pytest.mark.parametrize("line, said", [
    ("echo a; echo b", "a\nb"),
    ("nonsense; echo $?", "nonsense: no such command; `help` lists them\n127"),
    ("xenstore-exists /no/such || echo none", "none"),
    ("xenstore-exists /no/such && echo there", ""),
    ("echo ok && echo $? || echo never", "ok\n0"),
])
def test_statuses(host, line, said):
    assert host.run(line)[1] == said


@pytest.mark.parametrize("line, status, said", [
    ("sleep", 2, "sleep: TIME is missing; usage: sleep TIME"),
    ("sleep 1x", 2, "sleep: \"1x\" is no time; usage: sleep TIME"),
    ("sleep 1 2", 2, "sleep: \"2\" is one word too many; usage: sleep TIME"),
    ("cat --fast x", 2, "cat: unknown option --fast; usage: cat FILE ..."),
    ("cat nothing.txt", 1, "cat: nothing.txt: cannot read it (ENOENT); `ls` lists the files"),
    ("ls /nowhere", 1, "ls: /nowhere: cannot list it (ENOENT); `ls /` lists what there is"),
    ("help nonsense", 1, "help: nonsense: no such command; `help` lists them"),
    ("exit 900", 2, "exit: \"900\" is no code from 0 to 127; usage: exit [CODE]"),
])
def test_errors_are_one_line(host, line, status, said):
    assert host.run(line) == (status, said)


def test_ctrl_c(host):
    start = time.monotonic()
    host.send("sleep 60\r")
    host.expect("\n")
    time.sleep(0.3)
    host.send("\x03")
    host.expect("enso# ", 5)
    assert time.monotonic() - start < 10
    assert host.run("echo $?")[1] == "130"
    assert type_line(host, "half a line\x03") in ("", "^C")


def test_typing_ahead(host):
    host.send("sleep 1\recho first\recho second\r")
    host.expect("first")
    host.expect("second")
    host.expect("enso# ")


def test_sleep_takes_its_time(host):
    start = time.monotonic()
    host.cli("sleep 1.5")
    assert time.monotonic() - start > 1.2


def test_help(host):
    listed = host.cli("help")
    for name in ("create", "xenstore-watch", "dmesg", "poweroff"):
        assert f"\n  {name} " in listed
    assert host.cli("list --help").startswith("usage: list")
    assert "Ctrl-]" in host.cli("help console")


def test_files(host):
    assert {"hello.cfg", "plain.txt", "notes/", "boot/"} <= set(host.cli("ls").split("\n"))
    assert host.cli("ls notes") == "two words.txt"
    assert re.fullmatch(r"- +8 \d{4}-\d\d-\d\d \d\d:\d\d plain\.txt", host.cli("ls -l plain.txt"))
    assert host.cli("cat plain.txt plain.txt") == "one\ntwo\none\ntwo"
    assert host.run("cat plain.txt nothing; echo $?")[1].startswith("one\ntwo\ncat: nothing")


def test_boot_script(boot):
    script = "echo 'hello from' exec; nonsense || echo went on\necho $?"
    host = boot(mem=256, cpus=1, prompt=False, exec_=script)
    host.expect("went on\r*\nenso# .*\n0\r*\nenso# ", 60)
    said = said_so_far(host)
    assert "enso# echo 'hello from' exec\nhello from exec\n" in said
    assert "enso# nonsense\nnonsense: no such command" in said
    assert "went on\n" in said
    assert host.cli("echo here") == "here"


def test_exit_code(boot):
    host = boot(mem=256, cpus=1, prompt=False, exec_="nonsense || exit 7")
    assert host.wait_exit(60) == 7
