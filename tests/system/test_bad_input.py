"""Files that are not what they should be: one line says what is wrong with which file, and nothing leaks."""

import os
import random
import re

import pytest

import images
from enso import BUILD, without_log
from images import BASE, HYPERVISOR, NOTE, PAGE, TOP, bzimage, elf, flip, gzip, notes, number, segment


def built(name):
    with open(os.path.join(BUILD, name), "rb") as f:
        return f.read()


LINUX = built("linux/vmlinuz")
HELLO = built("guests/hello")
BOMB = images.gzip_of_zeros(1024)

# A file in the boot archive, and what `create` says of a domain with this kernel.
KERNELS = {
    # not a kernel, or not all of it
    "empty": (b"", r"the kernel file is empty \(ENOEXEC\)"),
    "one-byte": (b"\x7f", r"neither an ELF file nor .*\(ENOEXEC\)"),
    "script": (b"#!/bin/sh\nexit\n", r"neither an ELF file nor .*\(ENOEXEC\)"),
    "zeros": (bytes(100000), r"neither an ELF file nor .*\(ENOEXEC\)"),
    "header-only": (elf()[:64], r"program headers lie outside of the file \(EBADMSG\)"),
    "half-a-header": (elf()[:40], r"truncated: 40 bytes .*\(EBADMSG\)"),
    "cut-notes": (elf()[:-20], r"note segment 1 lies outside of the file \(EBADMSG\)"),
    "cut-hello": (HELLO[:len(HELLO) // 2], r".*lies? outside of the file \(EBADMSG\)"),
    "elf32": (elf(elf_class=1), r"32-bit kernels cannot run here.*\(ENOEXEC\)"),
    "arm64": (elf(machine=183), r"built for ELF machine 183.*\(ENOEXEC\)"),
    "object-file": (elf(kind=1), r"ELF file of type 1 is not a program \(ENOEXEC\)"),
    # packed ones
    "cut-linux": (LINUX[:len(LINUX) // 2], r"truncated bzImage: .*\(EBADMSG\)"),
    "cut-setup": (LINUX[:0x230], r"truncated bzImage: .*\(EBADMSG\)"),
    "flipped-linux": (flip(LINUX, len(LINUX)), r"damaged xz data: .*\(EBADMSG\)"),
    "flipped-gzip": (flip(gzip(HELLO), 300000), r"damaged gzip data: .*\(EBADMSG\)"),
    "cut-gzip": (gzip(HELLO)[:-1000], r"damaged gzip data: it ends too early \(EBADMSG\)"),
    "old-bzimage": (bzimage(gzip(elf()), version=0x207), r"bzImage of boot protocol 2.07 .*\(EOPNOTSUPP\)"),
    "payload-outside": (bzimage(gzip(elf()), offset=0xffffff00), r"truncated bzImage: .*\(EBADMSG\)"),
    "payload-too-long": (bzimage(gzip(elf()), length=0xffffffff), r"truncated bzImage: .*\(EBADMSG\)"),
    "payload-nothing": (bzimage(b""), r"neither an ELF file nor .*\(ENOEXEC\)"),
    "not-pv": (bzimage(gzip(elf(note_bytes=b""))), r"not a PV kernel: neither Xen ELF notes .*\(ENOEXEC\)"),
    "pvh-only": (bzimage(gzip(elf(note_bytes=images.note("PHYS32_ENTRY", number(BASE))))),
                 r"not a PV kernel: it can only be started as PVH \(ENOEXEC\)"),
    "bomb": (BOMB, r"unpacks to more than \d+ KiB, .*\(EFBIG\)"),
    "bomb-in-bzimage": (bzimage(BOMB), r"unpacks to more than \d+ KiB, .*\(EFBIG\)"),
    # segments
    "no-headers": (elf(headers=0), r"0 program headers.*\(EBADMSG\)"),
    "60000-headers": (elf(headers=60000), r"60000 program headers.*\(EBADMSG\)"),
    "odd-headers": (elf(header_size=57), r"program headers of 57 bytes.*\(EBADMSG\)"),
    "nothing-to-load": (elf([segment(in_file=0)]), r"nothing to load.*\(ENOEXEC\)"),
    "outside": (elf([segment(offset=1 << 30)]), r"segment 0 lies outside of the file \(EBADMSG\)"),
    "offset-wraps": (elf([segment(offset=TOP - PAGE)]), r"segment 0 lies outside of the file \(EBADMSG\)"),
    "size-wraps": (elf([segment(in_file=TOP - 1)]), r"segment 0 lies outside of the file \(EBADMSG\)"),
    "more-in-file": (elf([segment(in_memory=PAGE)]), r"segment 0 has more bytes in the file.*\(EBADMSG\)"),
    "address-wraps": (elf([segment(address=TOP - PAGE)]), r".*segment 0 wraps around.*\(EBADMSG\)"),
    "memory-wraps": (elf([segment(in_memory=TOP - 1)]), r".*segment 0 wraps around.*\(EBADMSG\)"),
    "overlap": (elf([segment(), segment(address=BASE + PAGE)]), r"load segments 0 and 1 overlap \(EBADMSG\)"),
    "inside-another": (elf([segment(in_memory=9 * PAGE), segment(address=BASE + 4 * PAGE, in_file=1)]),
                       r"load segments 0 and 1 overlap \(EBADMSG\)"),
    "too-many": (elf([segment(address=BASE + i * PAGE, in_file=1) for i in range(33)]),
                 r"more than 32 segments \(EBADMSG\)"),
    "vast": (elf([segment(in_memory=1 << 40)]), r".*\((ENOMEM|EINVAL)\)"),
    "low-and-high": (elf([segment(), segment(address=1 << 46)]), r".*\((ENOMEM|EINVAL)\)"),
    "hypervisor": (elf([segment(address=HYPERVISOR)],
                       notes(ENTRY=number(HYPERVISOR), HYPERCALL_PAGE=None, VIRT_BASE=number(HYPERVISOR),
                             PADDR_OFFSET=number(HYPERVISOR))), r".*the hypervisor's addresses \(EINVAL\)"),
    "not-canonical": (elf([segment(address=1 << 47)], notes(ENTRY=number(1 << 47), HYPERCALL_PAGE=None,
                                                           VIRT_BASE=number(1 << 47),
                                                           PADDR_OFFSET=number(1 << 47))), r".*\(EINVAL\)"),
    "below-offset": (elf(note_bytes=notes(VIRT_BASE=number(0), PADDR_OFFSET=number(BASE + PAGE))),
                     r"load segment 0 lies below PADDR_OFFSET \(EBADMSG\)"),
    # notes
    "entry-outside": (elf(note_bytes=notes(ENTRY=number(0x1000))), r"the entry 0x1000 is not .*\(EBADMSG\)"),
    "page-outside": (elf(note_bytes=notes(HYPERCALL_PAGE=number(0))), r"the hypercall page .*\(EBADMSG\)"),
    "page-unaligned": (elf(note_bytes=notes(HYPERCALL_PAGE=number(BASE + 8))),
                       r"the hypercall page 0x400008 is not a page of the kernel \(EBADMSG\)"),
    "base-unaligned": (elf(note_bytes=notes(VIRT_BASE=number(1))), r"VIRT_BASE or PADDR_OFF.*\(EBADMSG\)"),
    "offset-alone": (elf(note_bytes=notes(PADDR_OFFSET=number(0))), r"PADDR_OFFSET is given .*\(EBADMSG\)"),
    "short-number": (elf(note_bytes=notes(ENTRY=b"\1\2\3")), r"a numeric note has 3 bytes \(EBADMSG\)"),
    "endless-text": (elf(note_bytes=notes(LOADER=b"g" * 5000)),
                     r"a note holds a string of 5000 bytes.*\(EBADMSG\)"),
    "other-interface": (elf(note_bytes=notes(XEN_VERSION=b"xen-9.9\0")),
                        r"made for the interface.*\(ENOEXEC\)"),
    "other-loader": (elf(note_bytes=notes(LOADER=b"grub\0")), r"made for the loader .*\(ENOEXEC\)"),
    "needs-more": (elf(note_bytes=notes(FEATURES=b"!auto_translated_physmap\0")),
                   r"the kernel requires the feature `auto_translated_physmap`.*\(ENOEXEC\)"),
    "p2m-nowhere": (elf(note_bytes=notes(INIT_P2M=number(HYPERVISOR))), r"INIT_P2M .*\(EINVAL\)"),
    "p2m-on-kernel": (elf(note_bytes=notes(INIT_P2M=number(BASE))), r"INIT_P2M .*\(EINVAL\)"),
    "notes-outside": (elf(note_segment=segment(NOTE, 1 << 40, 0, 64)), r"note segment 1 lies .*\(EBADMSG\)"),
    "notes-wrap": (elf(note_segment=segment(NOTE, TOP - 32, 0, 64)), r"note segment 1 lies .*\(EBADMSG\)"),
    "note-name-vast": (elf(note_bytes=notes() + b"\xff" * 12),
                       r"a note .* runs out of its segment \(EBADMSG\)"),
    "note-size-vast": (elf(note_bytes=b"\4\0\0\0\xf0\xff\xff\xff\1\0\0\0Xen\0" + notes()),
                       r"a note .* runs out of its segment \(EBADMSG\)"),
}

# A configuration in the boot archive and what `create` says of it.
GOOD = 'name = "x"\nkernel = "/boot/hello"\nmemory = 8\n'
CONFIGS = {
    "no-end.cfg": ('name = "x\nkernel = "/boot/hello"\n', r"no-end\.cfg:1:8: string is not .*\(EINVAL\)"),
    "zero-byte.cfg": (GOOD.replace("x", "x\0y"), r"zero-byte\.cfg:1:\d+: .*\(EINVAL\)"),
    "zero-behind.cfg": (GOOD + "\0", r"zero-behind\.cfg:4:1: .*\(EINVAL\)"),
    "long-line.cfg": (GOOD + "# " + "x" * 100000, r"long-line\.cfg:4:\d+: .*\(EINVAL\)"),
    "long-value.cfg": (GOOD.replace("x", "x" * 100000), r"long-value\.cfg:1:\d+: .*\(EINVAL\)"),
    "mib-line.cfg": (GOOD + "x" * (1 << 20), r"mib-line\.cfg: .*\((EFBIG|EINVAL)\)"),
    "mib-value.cfg": (GOOD.replace("x", "x" * (1 << 20)), r"mib-value\.cfg: .*\((EFBIG|EINVAL)\)"),
    "no-name.cfg": ('kernel = "/boot/hello"\n', r"no-name\.cfg: name is missing: .*\(EINVAL\)"),
    "binary.cfg": (HELLO, r"binary\.cfg:1:1: .*\(EINVAL\)"),
    "no-list-end.cfg": (GOOD + "cpus = [1, 2\n", r"no-list-end\.cfg:\d+:\d+: list is not closed.*\(EINVAL\)"),
    "deep-list.cfg": (GOOD + "cpus = " + "[" * 3000, r"deep-list\.cfg:4:\d+: lists are nested.*\(EINVAL\)"),
    "no-kernel.cfg": ('name = "x"\n', r"no-kernel\.cfg: .*kernel.*\(EINVAL\)"),
    "no-value.cfg": (GOOD + "vcpus =\n", r"no-value\.cfg:4:\d+: value is missing \(EINVAL\)"),
    "hvm.cfg": (GOOD + 'type = "hvm"\n', r"hvm\.cfg:4:8: .*\(EINVAL\)"),
    "disk.cfg": (GOOD + "disk = ['phy:/dev/sda,xvda,w']\n",
                 r"disk\.cfg:4:9: disk: format `xvda`: only raw .*\(EINVAL\)"),
    "no-disk.cfg": (GOOD + "disk = ['sda,raw,xvda,w']\n",
                    r"xvda: sda: there is no such disk or partition \(ENOENT\)"),
    "vif.cfg": (GOOD + "vif = ['', 'model=e1000']\n",
                r"vif\.cfg:4:12: vif: model `e1000`: cards are not emulated.*\(EINVAL\)"),
    "no-bridge.cfg": (GOOD + "vif = ['bridge=nowhere']\n",
                      r"vif 0: nowhere: there is no such bridge \(ENOENT\)"),
}

# What is typed, and what `create` says of it.
COMMANDS = [
    ("hello.cfg memory=1048576", r"hello: not enough memory: .*\(ENOMEM\)"),        # 1 TiB
    ("hello.cfg memory=16777216", r"hello: .*\(ENOMEM\)"),
    ("hello.cfg memory=16777217", r"command line:1:\d+: memory: .*\(EINVAL\)"),
    ("hello.cfg memory=99999999999999999999", r"command line:1:\d+: memory: .*\(EINVAL\)"),
    ("hello.cfg memory=0", r"command line:1:\d+: memory: .*\(EINVAL\)"),
    ("hello.cfg memory=-1", r"command line:1:\d+: memory: .*\(EINVAL\)"),
    ("hello.cfg ramdisk=/boot/vmlinuz", r"hello: the domain is too small: kernel and ramdisk .*\(ENOMEM\)"),
    ("linux.cfg memory=48", r"linux: the domain is too small: .*\(ENOMEM\)"),
    ("hello.cfg kernel=/bad/bomb memory=300", r"/bad/bomb: .*\((EFBIG|ENOMEM)\)"),
    ("hello.cfg kernel=/boot/missing", r"/boot/missing: the kernel of `hello` cannot be read \(ENOENT\)"),
    ("hello.cfg ramdisk=/boot/missing", r"/boot/missing: the ramdisk of `hello` cannot be read \(ENOENT\)"),
    ("hello.cfg kernel=/boot", r"/boot: the kernel of `hello` cannot be read \(EISDIR\)"),
    ("hello.cfg ramdisk=/bad/empty", r"/bad/empty: the ramdisk is empty \(EINVAL\)"),
    ("hello.cfg name=Domain-0", r"Domain-0: .*\(EEXIST\)"),
    ("hello.cfg vcpus=200", r"command line:1:\d+: vcpus: .*\(EINVAL\)"),
    ("hello.cfg cpus=77", r"hello: .*`cpus` \(EINVAL\)"),
    ("missing.cfg", r"missing\.cfg: cannot read the configuration \(ENOENT\)"),
    ("/bad", r"/bad: it is a folder \(EISDIR\)"),
]

FLIPS = random.Random(2026).sample(range(8 * 1024), 40)     # bits of the ELF header, segments and notes


def flipped_hello(bit):
    return flip(HELLO, bit)


MACHINE = dict(mem=512, cpus=2, files={
    **{f"bad/{name}": content for name, (content, _) in KERNELS.items()},
    **{name: content for name, (content, _) in CONFIGS.items()},
    **{f"flipped/{bit}": flipped_hello(bit) for bit in FLIPS},
    "bad/good": bzimage(gzip(elf())),
    "none.cfg": "",
})


@pytest.fixture(autouse=True)
def nothing_left(host):
    before = host.holdings()
    yield
    host.cli("free --drop")
    assert list(host.domains()) == ["Domain-0"]
    assert host.holdings() == before


def refused(host, command, pattern):
    """One line, of the form COMMAND: SUBJECT: WHAT (ERRNO); ADVICE."""
    status, said = host.run("create", command)
    assert status == 1
    assert re.fullmatch(rf"create: {pattern}(; [^\n]+)?", without_log(said)), said


def test_the_kernels_would_be_good_otherwise(host):
    for kernel in ("/bad/good", "/bad/good ramdisk=/boot/hello"):
        host.cli(f"create hello.cfg -q kernel={kernel}")
        host.cli("sleep 0.2")
        assert host.domains()["hello"]["state"] in ("r-----", "------")
        host.cli("destroy hello")


@pytest.mark.parametrize("name", KERNELS)
def test_bad_kernel(host, name):
    refused(host, f"hello.cfg kernel=/bad/{name}", rf"(/bad/{name}|hello): {KERNELS[name][1]}")


@pytest.mark.parametrize("name", CONFIGS)
def test_bad_configuration(host, name):
    refused(host, name, CONFIGS[name][1])


def test_each_of_several_errors_has_its_line(host):
    said = host.fails("create none.cfg vcpus=0 memory=lots")
    assert re.fullmatch(r"command line:1:\d+: error: vcpus: .*\n"
                        r"command line:2:\d+: error: memory: .*\n"
                        r"none\.cfg: error: name is missing: .*\n"
                        r"none\.cfg: error: kernel is missing: .*\n"
                        r"create: none\.cfg: nothing was created: 4 errors \(EINVAL\); correct what .*", said)


@pytest.mark.parametrize("command, pattern", COMMANDS, ids=[command for command, _ in COMMANDS])
def test_bad_wish(host, command, pattern):
    refused(host, command, pattern)


def test_a_dry_run_says_the_same(host):
    for name, (_, pattern) in KERNELS.items():
        if name not in ("bomb", "bomb-in-bzimage", "flipped-linux"):       # they take their time
            refused(host, f"-n hello.cfg kernel=/bad/{name}", rf"(/bad/{name}|hello): {pattern}")


def test_flipped_bits(host):
    """Each is refused in one line, or it runs in its own way and can be destroyed."""
    refusals = 0
    for bit in FLIPS:
        status, said = host.run(f"create hello.cfg -q name=flipped kernel=/flipped/{bit} on_crash=preserve")
        if status == 0:
            host.cli("destroy flipped")
        else:
            refusals += 1
            assert re.fullmatch(r"create: [^\n]* \(E[A-Z]+\)(; [^\n]*)?", without_log(said)), said
    assert 0 < refusals < len(FLIPS)
    assert host.audit() == 0


def test_the_control_domain_does_not_grow(host):
    """The shape of its heap may change, and is then worth some pages, but a leak grows in each 30 rounds of
    refusals."""
    def used():
        rows = [line.rsplit(None, 1) for line in host.cli("history -c; free --drop").split("\n")]
        return {row[0].strip(): int(row[1]) for row in rows if row[1].isdigit()}["used"]

    def growth():
        before = used()
        for _ in range(30):
            for name in ("overlap", "cut-gzip", "note-size-vast"):
                refused(host, f"hello.cfg kernel=/bad/{name}", ".*")
            for name in ("no-end.cfg", "deep-list.cfg", "long-value.cfg"):
                refused(host, name, ".*")
        return used() - before

    grown = []
    while not grown or (grown[-1] > 8 and len(grown) < 4):
        grown.append(growth())
    assert grown[-1] <= 8, f"KiB in each 30 rounds: {grown}"
