"""The CD image starts on every size of machine, with both kinds of firmware, from every entry of the menu."""

import os
import re

import pexpect
import pytest

from enso import BUILD, PROMPT, direct

# Every memory size with every number of CPUs under one of the firmwares, and each of them under both.
SIZES = [(256, 1, False), (256, 2, True), (256, 4, False), (2048, 1, True), (2048, 2, False), (2048, 4, True),
         (8192, 1, False), (8192, 2, False), (8192, 4, True)]
DEBUG, VGA, DOM0_256M = 1, 2, 3


@pytest.mark.parametrize("mem, cpus, uefi", SIZES,
                         ids=[f"{mem}-{cpus}-{'uefi' if uefi else 'bios'}" for mem, cpus, uefi in SIZES])
def test_every_size_of_machine(boot, mem, cpus, uefi):
    machine = boot(mem=mem, cpus=cpus, uefi=uefi)
    info = machine.info()
    assert info["nr_cpus"] == cpus
    # What firmware keeps for itself is the only memory that may be missing.
    assert mem * 1024 * 0.97 - 24 * 1024 <= info["total_memory_kib"] <= mem * 1024
    assert list(machine.domains()) == ["Domain-0"]
    before = machine.holdings()
    machine.cli("create hello.cfg -q")
    machine.until(lambda: "hello: 1 s up" in machine.said("hello"))
    machine.cli("destroy hello")
    assert machine.holdings() == before
    assert machine.audit() == 0


def test_the_debug_entry_checks_and_talks(boot):
    machine = boot(entry=DEBUG)
    assert "with debug checks" in machine.cli("dmesg")
    assert "loglvl=debug" in machine.cli("info xen_commandline")


def test_the_dom0_mem_entry(boot):
    machine = boot(mem=1024, entry=DOM0_256M)
    archive = os.path.getsize(os.path.join(BUILD, "boot.cpio")) // 1024     # stays where GRUB put it, beside
    assert 0 <= machine.domains()["Domain-0"]["memory_kib"] - 256 * 1024 <= archive + 64


def test_the_vga_entry_leaves_the_serial_port_alone(boot):
    machine = boot(entry=VGA, prompt=False)
    machine.expect("Booting")
    with pytest.raises(AssertionError):
        machine.expect("Enso 4.17", timeout=5)
    assert machine.alive()


def test_multiboot1_starts_it_without_grub(boot):
    """QEMU's -kernel is a multiboot1 loader."""
    machine = boot(iso=False, qemu=["-kernel", f"{BUILD}/enso", "-append", "loglvl=info",
                                    "-initrd", f"{BUILD}/dom0 columns=100,{BUILD}/boot.cpio"])
    assert machine.info()["xen_commandline"] == "loglvl=info"
    assert "linux.cfg" in machine.cli("ls /")


def test_the_banner_fits_one_screen(boot):
    machine = boot(prompt=False)
    machine.expect(r"Booting[^\n]*\n")
    machine.expect(PROMPT)
    lines = [line for line in machine.serial.before.replace("\r", "").split("\n") if line.strip()]
    assert len(lines) <= 12
    for what in [r"Enso \d", r"\d+ CPUs? ", r"MiB", r"hypervisor takes", r"[Cc]ontrol domain"]:
        assert any(re.search(what, line) for line in lines), what


def test_too_little_memory_is_said(boot):
    machine = boot(mem=24, prompt=False)
    machine.expect(r"(?i)memory", timeout=20)
    machine.expect(pexpect.EOF, timeout=20)


def test_processors_that_cannot_be_made_safe(boot):
    """XSA-9: AMD's family 15, models below 64."""
    for model, end in ((63, "can be locked up by any guest"), (64, "Enso control domain started")):
        cpu = f"max,-smap,vendor=AuthenticAMD,family=15,model={model}"
        machine = boot(mem=256, cpus=1, prompt=False, iso=False, qemu=direct()["qemu"] + ["-cpu", cpu])
        machine.expect(end, timeout=20)
        machine.stop()
