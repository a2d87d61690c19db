"""Our public headers say the same as Xen's.

Every constant, type, size and offset that hypercall-abi/ declares is compared with Debian's libxen-dev, in
every mode of probe.MODES. Names of Xen's that ours lack are allowed; `make abi-missing` prints them."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from probe import EXTRA, HEADERS, MODES, OURS, XEN, Side, headers, messages    # noqa: E402

HERE = Path(__file__).parent
LANGUAGES = {
    "c99": ["gcc", "-std=c99", "-pedantic", "-x", "c"],
    "c11": ["gcc", "-std=c11", "-pedantic", "-x", "c"],
    "gnu11": ["gcc", "-std=gnu11", "-x", "c"],
    "c++17": ["g++", "-std=c++17", "-x", "c++"],
}
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wundef", "-Werror", "-fsyntax-only"]

# Headers that assembly sources include for their constants.
FOR_ASSEMBLY = ("xen.h", "arch-x86/xen.h", "arch-x86_64.h", "arch-x86/cpuid.h", "elfnote.h", "features.h",
                "errno.h", "event_channel.h", "sched.h", "vcpu.h", "version.h", "memory.h", "callback.h",
                "physdev.h", "grant_table.h", "nmi.h")


@pytest.fixture(scope="session", autouse=True)
def xen_headers():
    assert Path("/usr/include/xen/xen.h").exists(), "Xen's headers are missing: install libxen-dev"


def known_everywhere(kind):
    """Names that Xen's headers declare in some mode; what is for tools there is visible to all here."""
    found = set()
    for mode in MODES:
        found |= set(getattr(XEN, kind)(mode, headers(mode)))
    return found


def listed_patterns():
    lines = (line.split(None, 1) for line in (HERE / "only-ours.list").read_text().splitlines())
    return [words[0] for words in lines if words and not words[0].startswith("#")]


def unlisted(names):
    """Those of `names` that only-ours.list has no reason for."""
    return sorted(n for n in names if not any(re.fullmatch(p, n) for p in listed_patterns()))


def differing_values(ours, mode):
    """Constants, and macros with parameters for some arguments, on which `ours` and Xen disagree."""
    common = set(ours.macros(mode, headers(mode))) & set(XEN.macros(mode, headers(mode)))
    here, there = (side.values(mode, headers(mode), common) for side in (ours, XEN))
    assert len(here) > 500
    return {n: (here.get(n), there.get(n)) for n in here.keys() | there.keys() if here.get(n) != there.get(n)}


def differing_types(ours, mode):
    """Types on which they disagree: size, kind, or a field of ours. Ours may lack members of Xen's unions."""
    here, there = (side.types(mode, headers(mode)) for side in (ours, XEN))
    assert len(here) > 300
    bad = {}
    for name in here.keys() & there.keys():
        a, b = here[name], there[name]
        moved = [f for f in a.fields if f not in b.fields]
        if (a.kind, a.size) != (b.kind, b.size) or moved:
            bad[name] = (a.kind, a.size, moved, b.kind, b.size)
    return bad


@pytest.mark.parametrize("mode", MODES)
def test_constants(mode):
    assert differing_values(OURS, mode) == {}


@pytest.mark.parametrize("mode", MODES)
def test_types(mode):
    assert differing_types(OURS, mode) == {}


@pytest.mark.parametrize("mode", MODES)
def test_no_name_of_our_own(mode):
    assert unlisted(set(OURS.macros(mode, headers(mode))) - known_everywhere("macros")) == []
    assert unlisted(set(OURS.types(mode, headers(mode))) - known_everywhere("types")) == []


def test_the_list_is_needed():
    """Each line of only-ours.list still matches something."""
    names = OURS.macros("latest", headers("latest"))
    assert [p for p in listed_patterns() if not any(re.fullmatch(p, n) for n in names)] == []


@pytest.mark.parametrize("mode", MODES)
def test_other_macros_behave_alike(mode, tmp_path):
    """What is no expression is used in scenario.c, whose output must agree."""
    common = set(OURS.macros(mode, headers(mode))) & set(XEN.macros(mode, headers(mode)))
    compared = {n.split("(")[0] for n in OURS.values(mode, headers(mode), common)}
    words = set(re.findall(r"\w+", (HERE / "scenario.c").read_text()))
    assert sorted(common - compared - words) == []
    for extra in ([], ["-DXEN_RING_HAS_UNCONSUMED_IS_BOOL"]):
        said = []
        for side in (OURS, XEN):
            program = tmp_path / "scenario"
            command = ["gcc", "-O1", *side.flags(mode), *extra, "-o", program, HERE / "scenario.c"]
            subprocess.run(command, check=True)
            said.append(subprocess.run([program], capture_output=True, check=True).stdout)
        assert said[0] == said[1]
        assert said[0].count(b"\n") > 10000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("header", OURS.files)
def test_header_compiles_alone(header, language):
    source = f"#include <xen/{header}>\n#include <xen/{header}>\ntypedef int not_empty;\n"
    for options in ([], MODES["tools"], MODES["oldest"]):
        assert messages([*LANGUAGES[language], *WARNINGS, *OURS.include, *options], source) == ""


@pytest.mark.parametrize("header", FOR_ASSEMBLY)
def test_header_in_assembly(header):
    source = f"#include <xen/{header}>\n.quad __XEN_LATEST_INTERFACE_VERSION__\n"
    if header in ("elfnote.h", "features.h", "arch-x86/cpuid.h"):
        source = f"#include <xen/{header}>\n"
    command = ["gcc", *OURS.include, "-x", "assembler-with-cpp", "-c", "-o", "/dev/null"]
    assert messages(command, source) == ""


def test_constants_in_assembly(tmp_path):
    """A number means the same in an assembly source as in C."""
    names = ["__HYPERVISOR_iret", "DOMID_SELF", "HYPERVISOR_VIRT_START", "SCHEDOP_block", "XEN_EINVAL",
             "FLAT_KERNEL_SS", "XEN_ELFNOTE_MAX", "UVMF_ALL", "VGCF_in_syscall"]
    includes = "".join(f"#include <xen/{h}>\n" for h in FOR_ASSEMBLY)
    table = "".join(f".quad {n}\n" for n in names)
    compare = " || ".join(f"table[{i}] != (uint64_t){n}" for i, n in enumerate(names))
    assembly, main, program = (tmp_path / n for n in ("table.S", "main.c", "program"))
    table = f'.data\n.globl table\ntable:\n{table}.section .note.GNU-stack,"",@progbits\n'
    assembly.write_text(includes + table)
    main.write_text(f"{includes}extern const uint64_t table[];\nint main(void) {{ return {compare}; }}\n")
    subprocess.run(["gcc", *OURS.include, "-o", program, main, assembly], check=True)
    assert subprocess.run([program]).returncode == 0


def test_kernel_without_a_standard_library():
    """-nostdinc: the kernel brings the integer types itself."""
    source = "".join(f"typedef unsigned {c} uint{8 * n}_t;\ntypedef signed {c} int{8 * n}_t;\n"
                     for c, n in (("char", 1), ("short", 2), ("int", 4), ("long", 8)))
    source += "typedef unsigned long size_t;\n" + "".join(f"#include <xen/{h}>\n" for h in headers("latest")
                                                          if h not in ("io/console.h", "io/netif.h"))
    assert messages(["gcc", "-std=gnu11", "-nostdinc", "-ffreestanding", "-w", "-Werror", "-fsyntax-only",
                     *OURS.include, "-x", "c"], source) == ""


def test_only_our_files_are_included():
    source = OURS.source(headers("tools"))
    listed = messages(["gcc", "-H", "-fsyntax-only", *OURS.flags("tools"), "-x", "c"], source)
    assert str(HEADERS) in listed
    assert "/usr/include/xen" not in listed


def test_every_structure_has_assertions():
    text = "".join((HEADERS / h).read_text() for h in OURS.files)
    asserted = {m[1] for m in re.finditer(r"^ABI_(?:LAYOUT|SIZE)\((\w+(?: \w+)?), \d+", text, re.M)}
    declared = {m[1] for m in re.finditer(r"^(?:typedef )?((?:struct|union) \w+) \{", text, re.M)}
    assert len(declared) > 150
    plain = {"struct xsd_errors"}    # for the host's C library, not shared with anybody
    assert sorted(declared - asserted - plain) == []


@pytest.mark.parametrize("line", [
    "ABI_SIZE(struct sched_poll, 25)",
    "ABI_LAYOUT(struct sched_poll, 24, (ports, 8))",
    "ABI_LAYOUT(struct sched_poll, 24, (ports, 0), (nr_ports, 8), (timeout, 12))",
    "ABI_LAYOUT(struct sched_poll, 16, (ports, 0))",
])
@pytest.mark.parametrize("language", LANGUAGES)
def test_assertions_refuse(line, language):
    source = f"#include <xen/sched.h>\n{line};\n"
    assert "error: " in messages([*LANGUAGES[language], "-fsyntax-only", *OURS.include], source)


@pytest.mark.parametrize("header, old, new", [
    ("sched.h", "#define SCHEDOP_poll 3", "#define SCHEDOP_poll 4"),
    ("xen.h", "#define DOMID_SELF xen_mk_uint(0x7FF0)", "#define DOMID_SELF 0x7FF0"),
    ("memory.h", "#define XENMEMF_node(x) (((x) + 1) << 8)", "#define XENMEMF_node(x) ((x) << 8)"),
])
def test_a_wrong_constant_is_found(header, old, new, tmp_path):
    assert differing_values(changed(tmp_path, header, old, new), "tools") != {}


@pytest.mark.parametrize("header, old, new", [
    ("vcpu.h", "    uint32_t offset;", "    int32_t offset;"),
    ("callback.h", "    uint16_t type; ", "    uint16_t type, hole; "),
    ("io/xs_wire.h", "    XS_RM,", "    XS_RM, XS_MV,"),
])
def test_a_wrong_type_is_found(header, old, new, tmp_path):
    assert differing_types(changed(tmp_path, header, old, new), "tools") != {}


def changed(folder, header, old, new):
    """A copy of our headers with one change and without assertions that would stop the compiler."""
    shutil.copytree(HEADERS, folder / "xen")
    assertion = "__extension__ _Static_assert(condition, message)"
    for path, before, after in ((header, old, new), ("abi-assert.h", assertion, "extern int abi_unused_")):
        text = (folder / "xen" / path).read_text()
        assert before in text
        (folder / "xen" / path).write_text(text.replace(before, after))
    return Side("changed", (f"-I{folder}",))


def report():
    """What Xen's headers have and ours lack, by header: for information."""
    for header in OURS.files:
        if header in EXTRA:
            continue
        alone = ("xen.h", header) if header != "xen.h" else (header,)
        for kind in ("macros", "types"):
            missing = set(getattr(XEN, kind)("tools", alone)) - set(getattr(OURS, kind)("tools", alone))
            if header != "xen.h":
                missing -= set(getattr(XEN, kind)("tools", ("xen.h",)))
            if missing:
                print(f"{header}: {len(missing)} {kind}: {' '.join(sorted(missing))}")


if __name__ == "__main__":
    report()
