"""enso.py: a machine that runs Enso under QEMU, driven through the shell on its serial port."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

import pexpect

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
LOGS = os.path.join(BUILD, "tests", "system")
PROMPT = "enso# "
LEAVE_CONSOLE = "\x1d"          # Ctrl-]
LOG_LINE = r"\((?:enso|XEN|d\d+)\) [^\n]*"
LOG_LINES = rf"(?:{LOG_LINE}(?:\n|\Z))+"      # they come between what the shell prints


def without_log(text):
    """The text without lines of the hypervisor's log, which may also have cut a line in two."""
    return re.sub(rf"(?:^|\n){LOG_LINES}", "", text)


def after_typed_line(text, end):
    """What follows a typed line that ends in `end`. Log lines and the editor's redrawing may have cut it."""
    cut = rf"(?:\n{LOG_LINES}| *\x08)*"
    typed = re.search(cut.join(re.escape(c) for c in end) + "\n", text)
    return text[typed.end():] if typed else text.partition("\n")[2]


def direct(hypervisor="enso", options="", image="dom0", archive="boot.cpio"):
    """Options of Host for a start without CD image and GRUB, by QEMU's multiboot1 loader. Files of build/."""
    modules = [f"{BUILD}/{image}"] + ([f"{BUILD}/{archive}"] if archive else [])
    return dict(iso=False, qemu=["-kernel", f"{BUILD}/{hypervisor}", "-append", options,
                                 "-initrd", ",".join(m.replace(",", ",,") for m in modules)])


def free_port():
    """A port of 127.0.0.1 that nothing uses now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def forward(port, target):
    """One of setup/forwards.sh: forward(8080, "udp:web:80") is "udp:8080:web:80"."""
    protocol = "udp:" if target.startswith("udp:") else ""
    return f"{protocol}{port}:{target.removeprefix(protocol)}"


class CommandFailed(Exception):
    """A command ended with a status other than 0; .status and .output say how."""

    def __init__(self, command, status, output):
        super().__init__(f"`{command}` ended with {status}: {output}")
        self.status = status
        self.output = output


def make_iso(path, entry=0, exec_=None, files=None):
    """A CD image like build/enso.iso at `path`, with menu entry `entry` as the default one, the boot script
    `exec_`, and `files` ({name: bytes or str}) beside the examples in the boot archive."""
    with tempfile.TemporaryDirectory() as work:
        tree = os.path.join(work, "archive")
        shutil.copytree(os.path.join(BUILD, "archive"), tree)
        files = dict(files or {})
        if exec_ is not None:
            files["etc/exec"] = exec_ + "\n"
        for name, content in files.items():
            target = os.path.join(tree, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as f:
                f.write(content.encode() if isinstance(content, str) else content)
        archive = os.path.join(work, "boot.cpio")
        setup = os.path.join(ROOT, "setup")
        subprocess.run([f"{setup}/cpio.sh", tree, archive], check=True)
        subprocess.run([f"{setup}/iso.sh", path, str(entry), f"{BUILD}/enso", f"{BUILD}/enso-debug",
                        f"{BUILD}/dom0", archive], check=True)


class Host:
    """One machine. start() returns at the shell's prompt; stop() always ends QEMU.

    mem in MiB; entry: of the boot menu; exec_: a boot script; files: {name: content} for the boot archive;
    iso=False: no CD image, or the path of another one; qemu: more of its options; net: "user" for a network
    card, with forwards fwd=["GUEST:PORT", "udp:GUEST:PORT"] from ports of 127.0.0.1 that are free: .ports has
    them by these names; logs: the folder for what it says."""

    def __init__(self, name, mem=512, cpus=2, uefi=False, entry=0, exec_=None, files=None, iso=True,
                 qemu=(), net="none", fwd=(), logs=LOGS):
        os.makedirs(logs, exist_ok=True)
        self.name = name
        self.log = os.path.join(logs, name + ".log")
        self.iso = iso if isinstance(iso, str) else os.path.join(BUILD, "enso.iso")
        self.own_iso = None
        self.ports = {target: free_port() for target in fwd}
        forwards = ",".join(forward(port, target) for target, port in self.ports.items())
        if forwards:
            files = {"etc/forwards": subprocess.run([f"{ROOT}/setup/forwards.sh", forwards, "file"], check=True,
                                                    capture_output=True, text=True).stdout} | (files or {})
        if entry or exec_ is not None or files:
            self.own_iso = self.iso = os.path.join(logs, name + ".iso")
            make_iso(self.iso, entry, exec_, files)
        self.environment = dict(os.environ, ISO=self.iso if iso else "", MEM=str(mem), CPUS=str(cpus),
                                UEFI=str(int(uefi)), NET=net, FWD=forwards,
                                ACCEL=os.environ.get("ACCEL", "tcg"), LOG="")
        self.qemu = list(qemu)
        self.serial = None
        self.commands = 0

    # ---- the machine ----

    def start(self, timeout=60, prompt=True):
        self.log_file = open(self.log, "w", encoding="utf-8", errors="replace")
        self.serial = pexpect.spawn(os.path.join(ROOT, "setup", "qemu.sh"), self.qemu, env=self.environment,
                                    encoding="utf-8", codec_errors="replace", timeout=30, echo=False)
        self.serial.logfile_read = self.log_file
        self.serial.delaybeforesend = None
        if prompt:
            self.expect(r"(?:^|[\r\n])" + PROMPT, timeout)
        return self

    def alive(self):
        return self.serial is not None and self.serial.isalive()

    def stop(self):
        if self.serial is not None:
            self.serial.close(force=True)
            self.log_file.close()
        if self.own_iso and os.path.exists(self.own_iso):
            os.unlink(self.own_iso)

    def wait_exit(self, timeout=30):
        """Waits for QEMU's end. Returns CODE of the shell's `exit CODE`; None after a power-off."""
        self.expect(pexpect.EOF, timeout)
        self.serial.close()
        status = self.serial.exitstatus
        return status // 2 if status else None

    # ---- the serial port ----

    def expect(self, pattern, timeout=30):
        """Waits for a regular expression (or a list of them); a failure shows the end of what was said."""
        try:
            return self.serial.expect(pattern, timeout)
        except (pexpect.TIMEOUT, pexpect.EOF) as e:
            said = self.serial.before if isinstance(self.serial.before, str) else ""
            said = said[-1500:].replace("\r", "")
            what = "QEMU ended" if isinstance(e, pexpect.EOF) else f"nothing in {timeout} s"
            message = f"{self.name}: waiting for {pattern!r}: {what}; last it said:\n{said}"
            raise AssertionError(message) from None

    def send(self, text):
        self.serial.send(text)

    # ---- the shell ----

    def run(self, *words, timeout=30):
        """Types a command. Returns (status, output), the output without the typed line."""
        command = " ".join(str(w) for w in words)
        self.commands += 1
        mark = f"rig-{self.commands}"
        self.send(f"{command}; echo {mark} $?\r")
        which = self.expect([rf"\n{mark} (\d+)\r*\n", r"nothing was run\r*\n"], timeout)
        output = self.serial.before
        status = int(self.serial.match.group(1)) if which == 0 else 2
        if which == 1:
            output += self.serial.after
        output = after_typed_line(output.replace("\r", "") + "\n", f"echo {mark} $?")
        self.expect(PROMPT, timeout)
        return status, output.strip("\n")

    def cli(self, *words, timeout=30):
        """Types a command that has to succeed. Returns its output."""
        status, output = self.run(*words, timeout=timeout)
        if status != 0:
            raise CommandFailed(" ".join(str(w) for w in words), status, output)
        return output

    def fails(self, *words, timeout=30):
        """Types a command that has to fail. Returns what it said."""
        status, output = self.run(*words, timeout=timeout)
        assert status != 0, f"`{' '.join(str(w) for w in words)}` should have failed; it said: {output}"
        return output

    def json(self, *words):
        """What a command prints as JSON; notices may stand around it, and log lines anywhere."""
        said = without_log(self.cli(*words))
        for begin in re.finditer(r"(?m)^[\[{]", said):
            try:
                return json.JSONDecoder().raw_decode(said, begin.start())[0]
            except ValueError:
                pass
        raise AssertionError(f"no JSON: {said}")

    def info(self):
        return self.json("info --json")

    def free_frames(self):
        return self.info()["free_frames"]

    def domains(self):
        """{name: {"id", "memory", "vcpus", "state", ...}} of `list --json`, the control domain included."""
        return {d["name"]: d for d in self.json("list --json")}

    def said(self, name):
        """All that a domain, dead or alive, has printed on its console (the last 64 KiB of it)."""
        return without_log(self.cli(f"console --log {name}"))

    def holdings(self):
        """What is in use: free frames, the store, the control domain's event channels and grants. Equal
        before and after means that nothing leaked. Pages once taken for packets are kept."""
        state = without_log(self.cli("info free_frames; info packet_frames; xenstore-ls -f -p"))
        state = state.replace('\n/vm = ""   (n0)', "").split("\n")      # stays from the first domain on
        self.cli("dmesg -c")
        report = re.findall(r"(?m)^\(enso\) (d\d+ port \d+: \w+)", self.cli("debug-keys e; dmesg -c"))
        return dict(frames=int(state[0]) + int(state[1]), store=state[2:], ports=len(set(report)))

    def audit(self):
        """How many frames the hypervisor's own audit finds wrong. Clears the log."""
        log = self.cli("debug-keys a; dmesg -c")
        return int(re.findall(r"(?m)^\(enso\) audit: (\d+) wrong$", log)[-1])

    def until(self, condition, timeout=30, pause=0.1):
        """Waits until condition() is true. Returns what it gave."""
        end = time.monotonic() + timeout
        while not (result := condition()):
            if time.monotonic() > end:
                raise AssertionError(f"{self.name}: not within {timeout} s")
            time.sleep(pause)
        return result

    def console(self, name, command=None):
        """`with host.console("linux") as c: c.ask("uname -r")`: attached to a domain's console."""
        return Console(self, command or f"console {name}")


class Console:
    """The serial port while it shows a domain's console."""

    def __init__(self, host, command):
        self.host = host
        self.command = command

    def __enter__(self):
        self.host.send(self.command + "\r")
        self.host.expect(r"\n")
        return self

    def __exit__(self, exception, value, trace):
        if self.host.alive():
            self.host.send(LEAVE_CONSOLE)
            if exception is None:
                self.host.expect(PROMPT)

    def expect(self, pattern, timeout=30):
        return self.host.expect(pattern, timeout)

    def says(self, text, timeout=30):
        """Waits for a text in a line of the domain, even if lines of the hypervisor's log cut it in two."""
        cut = rf"(?:\r*\n(?:{LOG_LINE}\n)+)?"
        return self.host.expect(cut.join(re.escape(c) for c in text), timeout)

    def send(self, text):
        self.host.send(text)

    def ask(self, command, timeout=30):
        """Types a command to a shell inside the domain. Returns its output; a status that is not 0 fails."""
        self.host.commands += 1                 # never used twice: attaching shows what was printed before
        mark = f"ask-{self.host.commands}"
        self.send(f"{command}; echo {mark} $?\r")
        self.expect(rf"\n{mark} (\d+)\r*\n", timeout)
        status = int(self.host.serial.match.group(1))
        # The typed line is shown first: once or twice, and broken where the shell's terminal ends.
        typed = r"\s*".join(re.escape(c) for c in f"{mark}$?")
        output = re.split(typed, self.host.serial.before)[-1].replace("\r", "").strip("\n")
        if status != 0:
            raise CommandFailed(command, status, output)
        return output


def ask(host, guest, command, timeout=60):
    """What a command says that is typed on the console of a domain whose shell waits there."""
    with host.console(guest) as console:
        console.send("\r")
        return console.ask(command, timeout)
