"""What a set of public headers declares, found by asking the compiler.

A Side is one copy of the headers: ours, or Debian's libxen-dev. A mode is what a user of the headers may
define before including them: the revision of the interface, or __XEN_TOOLS__."""
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import dwarf

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "hypercall-abi" / "include" / "xen"

# Ours alone: they have no counterpart in Xen.
EXTRA = {"abi-assert.h", "abi-barrier.h"}

# What the users of Xen's headers supply: integer types, memcpy and errno; the barriers of ring.h.
PRELUDE = """#include <stdint.h>
#include <stddef.h>
#include <string.h>
#include <errno.h>
#define XEN_WANT_FLEX_CONSOLE_RING
#define XEN_NETIF_DEFINE_TOEPLITZ
"""

MODES = {
    "tools": ["-D__XEN_TOOLS__"],
    "latest": ["-D__XEN_INTERFACE_VERSION__=0x00040e00"],
    "4.8": ["-D__XEN_INTERFACE_VERSION__=0x00040800"],
    "4.5": ["-D__XEN_INTERFACE_VERSION__=0x00040500"],
    "4.2": ["-D__XEN_INTERFACE_VERSION__=0x00040200"],
    "3.2.8": ["-D__XEN_INTERFACE_VERSION__=0x00030208"],
    "3.2.5": ["-D__XEN_INTERFACE_VERSION__=0x00030205"],
    "oldest": ["-D__XEN_INTERFACE_VERSION__=0"],
}

# Xen's copies of these refuse to be included by anybody but tools.
TOOLS_ONLY = {"domctl.h", "sysctl.h"}

DEFINE = re.compile(r"#define (\w+)(\([^)]*\))? ?(.*)")

SHOW = """
#include <stdio.h>
static void text(const char *n, const char *v) { printf("%s text %s\\n", n, v); }
static void sig(const char *n, long long v) { printf("%s signed %lld\\n", n, v); }
static void uns(const char *n, unsigned long long v) { printf("%s unsigned %llu\\n", n, v); }
static void ptr(const char *n, const void *v) { printf("%s pointer %p\\n", n, v); }
#define SHOW(n, e) (_Generic((e), char *: text, const char *: text, signed char: sig, short: sig, int: sig, \\
    long: sig, long long: sig, unsigned char: uns, unsigned short: uns, unsigned: uns, unsigned long: uns, \\
    unsigned long long: uns, default: ptr)(n, (e)))
"""


def messages(command, source):
    """Runs the compiler on `source`; returns its messages."""
    return subprocess.run([*command, "-"], input=source, text=True, capture_output=True).stderr


@dataclass(frozen=True)
class Side:
    name: str
    include: tuple    # compiler options

    def source(self, headers):
        return PRELUDE + "".join(f"#include <xen/{h}>\n" for h in headers)

    def flags(self, mode):
        return ["-std=gnu11", "-w", *self.include, *MODES[mode]]

    @lru_cache(maxsize=None)
    def macros(self, mode, headers):
        """{name: (parameters or None, text)} of what the headers define themselves."""
        def defined(source):
            command = ["gcc", *self.flags(mode), "-E", "-dM", "-x", "c", "-"]
            out = subprocess.run(command, input=source, check=True, capture_output=True, text=True).stdout
            return {m[1]: (m[2], m[3]) for m in map(DEFINE.match, out.splitlines()) if m}
        base = defined(PRELUDE + '#include <stdio.h>\n')
        guards = re.compile(r"^_*(XEN|XS)_.*(_H_*|WIRE_H)$")
        found = defined(self.source(headers))
        return {n: v for n, v in found.items() if n not in base and not guards.match(n)}

    @lru_cache(maxsize=None)
    def types(self, mode, headers):
        """{name: dwarf.Layout} of every named type, without those of the C library."""
        base = dwarf.types(PRELUDE, self.flags(mode))
        found = dwarf.types(self.source(headers), self.flags(mode))
        return {n: v for n, v in found.items() if n not in base}

    def values(self, mode, headers, names):
        """{name: "kind value"} of the macros that are expressions; with parameters: for a few arguments."""
        probes = list(self.probes(mode, headers, names))
        for _ in range(8):
            source = self.source(headers) + SHOW
            first = source.count("\n") + 1
            for n, (label, expression) in enumerate(probes):
                source += f'static void probe_{n}(void) {{ SHOW("{label}", {expression}); }}\n'
            main = "".join(f"probe_{n}();" for n in range(len(probes)))
            source += f"int main(void) {{ {main} return 0; }}\n"
            with tempfile.TemporaryDirectory() as folder:
                binary = Path(folder, "probe")
                command = ["gcc", "-fmax-errors=0", "-ftrack-macro-expansion=0", *self.flags(mode)]
                complaints = messages([*command, "-o", str(binary), "-x", "c"], source)
                if binary.exists():
                    out = subprocess.run([binary], text=True, capture_output=True, check=True).stdout
                    return dict(line.split(" ", 1) for line in out.splitlines())
            wrong = {int(n) - first for n in re.findall(r"^<stdin>:(\d+):\d+: error", complaints, re.M)}
            probes = [p for n, p in enumerate(probes) if n not in wrong]
        raise AssertionError(f"{self.name}, {mode}: the probe does not compile: {complaints[:2000]}")

    def probes(self, mode, headers, names):
        macros = self.macros(mode, headers)
        for name in sorted(names):
            parameters, text = macros[name]
            if parameters is None:
                if text and not re.search(r"[;{]", text):
                    yield name, name
                continue
            if "..." in parameters or parameters == "()" or re.search(r"\b(do|typedef|struct|union)\b", text):
                continue
            count = parameters.count(",") + 1
            for sample in ((1, 2, 3), (1000, 77, 5), (0x7ffff123, 12, 9)):
                arguments = [sample[n % 3] + n // 3 for n in range(count)]
                label = f"{name}({','.join(map(str, arguments))})"
                yield label, f"{name}({', '.join(map(str, arguments))})"

    @cached_property
    def files(self):
        return sorted(str(p.relative_to(HEADERS)) for p in HEADERS.rglob("*.h"))


OURS = Side("ours", ("-I" + str(ROOT / "hypercall-abi" / "include"),))
XEN = Side("Xen's", ())


def headers(mode):
    """The headers to compare in a mode, as <xen/...> names."""
    skip = EXTRA if mode == "tools" else EXTRA | TOOLS_ONLY
    return ("xen.h", *(h for h in OURS.files if h not in skip))
