"""images.py: kernels that can't be loaded, made from a small good one, field by field."""

import struct
import zlib

LOAD, NOTE = 1, 4
PAGE = 4096
BASE = 0x400000                 # where the small kernel is linked; its entry; a page on, the hypercall page
HYPERVISOR = 0xffff800000000000
TOP = 1 << 64

NOTES = dict(ENTRY=1, HYPERCALL_PAGE=2, VIRT_BASE=3, PADDR_OFFSET=4, XEN_VERSION=5, GUEST_OS=6, LOADER=8,
             FEATURES=10, INIT_P2M=15, PHYS32_ENTRY=18)


def number(value):
    return struct.pack("<Q", value % TOP)


def note(kind, content, name=b"Xen\0"):
    pad = -len(content) % 4
    return struct.pack("<III", len(name), len(content), NOTES[kind]) + name + content + b"\0" * pad


def notes(**changes):
    """The notes of the small kernel; ENTRY=None leaves one out, FEATURES=b"..." adds or changes one."""
    all_notes = dict(ENTRY=number(BASE), HYPERCALL_PAGE=number(BASE + PAGE), XEN_VERSION=b"xen-3.0\0",
                     GUEST_OS=b"test\0", LOADER=b"generic\0")
    all_notes.update(changes)
    return b"".join(note(name, content) for name, content in all_notes.items() if content is not None)


def segment(kind=LOAD, offset=PAGE, address=BASE, in_file=2 * PAGE, in_memory=None):
    in_memory = in_file if in_memory is None else in_memory
    return struct.pack("<IIQQQQQQ", kind, 7, offset, address % TOP, address % TOP, in_file, in_memory, PAGE)


def elf(segments=None, note_bytes=None, note_segment=None, elf_class=2, machine=62, kind=2, headers=None,
        header_size=56):
    """The small kernel: two pages, the first one an endless loop. Its notes lie behind them."""
    note_bytes = notes() if note_bytes is None else note_bytes
    body = (b"\xeb\xfe" + b"\0" * (2 * PAGE - 2)) + note_bytes
    segments = [segment()] if segments is None else segments
    if note_segment is None:
        note_segment = segment(NOTE, 3 * PAGE, 0, len(note_bytes))
    table = b"".join(segments) + note_segment
    count = len(segments) + bool(note_segment) if headers is None else headers
    header = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", elf_class, 1, 1, kind, machine, 1, BASE, 64, 0,
                         0, 64, header_size, count, 0, 0, 0)
    return (header + table).ljust(PAGE, b"\0") + body


def bzimage(payload, version=0x20f, offset=0, length=None, magic=b"HdrS"):
    """A bzImage of two sectors of setup code and a packed kernel."""
    setup = bytearray(2 * 512)
    setup[0x1f1] = 1
    struct.pack_into("<H", setup, 0x1fe, 0xaa55)
    struct.pack_into("<4sH", setup, 0x202, magic, version)
    struct.pack_into("<II", setup, 0x248, offset, len(payload) if length is None else length)
    return bytes(setup) + payload


def gzip(content):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush()


def gzip_of_zeros(mib):
    """A gzip file of so many MiB of zeros: one piece, repeated."""
    piece = b"\0" * (1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(mib):
        check = zlib.crc32(piece, check)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    header = struct.pack("<HBBIBB", 0x8b1f, 8, 0, 0, 2, 3)
    return header + packed * mib + end + struct.pack("<II", check, (mib << 20) % (1 << 32))


def flip(content, bit):
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)
