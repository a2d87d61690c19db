"""Layouts of all types that a C source declares, read from the compiler's debug information.

types(source, flags) compiles and returns {"struct foo": Layout, "foo_t": Layout, ...}: size, kind and every
field with its path, offset, size and kind. Uses gcc and readelf only."""
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

TAGS = {"DW_TAG_structure_type": "struct", "DW_TAG_union_type": "union", "DW_TAG_enumeration_type": "enum"}
ENTRY = re.compile(r"^ <([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: (\d+)(?: \((\w+)\))?")
ATTRIBUTE = re.compile(r"^    <[0-9a-f]+> +(DW_AT_\w+) *: ?(?:\((?!indirect|signed|unsigned)\w+\) )?(.*)$")
REFERENCE = re.compile(r"<(?:0x)?([0-9a-f]+)>")


@dataclass
class Die:
    """One node of the debug information."""
    offset: int
    tag: str
    attributes: dict = field(default_factory=dict)
    children: list = field(default_factory=list)

    def number(self, name, default=None):
        value = self.attributes.get(name)
        return default if value is None else int(value.split()[0], 0)

    def name(self):
        value = self.attributes.get("DW_AT_name", "").strip()
        return value.rsplit("): ", 1)[-1] if value.startswith("(") else value


@dataclass(frozen=True)
class Layout:
    """What the memory of a type looks like. fields: (path, bit offset, bits, kind), in order."""
    kind: str
    size: int
    fields: tuple


class Types:
    def __init__(self, text):
        self.by_offset = {}
        self.roots = []
        self.parse(text)

    def parse(self, text):
        stack = []
        for line in text.splitlines():
            entry = ENTRY.match(line)
            if entry:
                depth = int(entry[1], 16)
                if entry[3] == "0":
                    continue
                die = Die(int(entry[2], 16), entry[4])
                self.by_offset[die.offset] = die
                del stack[depth:]
                (stack[-1].children if stack else self.roots).append(die)
                stack.append(die)
                continue
            attribute = ATTRIBUTE.match(line)
            if attribute and stack:
                stack[-1].attributes[attribute[1]] = attribute[2]

    def target(self, die):
        reference = die.attributes.get("DW_AT_type")
        return self.by_offset[int(REFERENCE.search(reference)[1], 16)] if reference else None

    def describe(self, die, alias=None):
        """(kind, bytes) of a type; kind is what a C programmer sees: unsigned, pointer, struct foo, foo_t for
        a typedef of a structure without a tag, union for one without any name, with [n] for an array."""
        if die is None:
            return "void", 0
        size = die.number("DW_AT_byte_size", 0)
        if die.tag == "DW_TAG_typedef":
            return self.describe(self.target(die), die.name())
        if die.tag in ("DW_TAG_const_type", "DW_TAG_volatile_type"):
            return self.describe(self.target(die), alias)
        if die.tag == "DW_TAG_pointer_type":
            return "pointer", size
        if die.tag == "DW_TAG_array_type":
            kind, size = self.describe(self.target(die))
            for dimension in (c for c in die.children if c.tag == "DW_TAG_subrange_type"):
                bound = dimension.number("DW_AT_upper_bound")
                count = dimension.number("DW_AT_count", 0) if bound is None else bound + 1
                kind, size = f"{kind}[{count}]", size * count
            return kind, size
        if die.tag == "DW_TAG_base_type":
            return ("unsigned" if "unsigned" in die.attributes["DW_AT_encoding"] else "signed"), size
        if die.tag in TAGS:
            return f"{TAGS[die.tag]} {die.name()}" if die.name() else alias or TAGS[die.tag], size
        return die.tag, size

    def resolve(self, die):
        while die is not None and die.tag in ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type"):
            die = self.target(die)
        return die

    def fields(self, die, prefix="", base=0):
        for member in die.children:
            if member.tag != "DW_TAG_member":
                continue
            target = self.target(member)
            kind, size = self.describe(target)
            at = base + 8 * member.number("DW_AT_data_member_location", 0)
            at += member.number("DW_AT_data_bit_offset", 0)
            bits = member.number("DW_AT_bit_size", 8 * size)
            name = member.name()
            if name:
                yield prefix + name, at, bits, kind
            inner = self.resolve(target)
            if inner is not None and inner.tag in TAGS and TAGS[inner.tag] != "enum":
                yield from self.fields(inner, f"{prefix}{name}." if name else prefix, at)

    def layout(self, die):
        kind, size = self.describe(die)
        inner = self.resolve(die)
        compound = inner is not None and inner.tag in TAGS
        if compound and TAGS[inner.tag] == "enum":
            members = tuple((c.name(), c.number("DW_AT_const_value"), 0, "value") for c in inner.children)
        else:
            members = tuple(self.fields(inner)) if compound else ()
        return Layout(kind, size, members)

    def named(self):
        found = {}
        for die in self.walk(self.roots):
            name = die.name()
            if name and die.tag in TAGS and "DW_AT_declaration" not in die.attributes:
                found[f"{TAGS[die.tag]} {name}"] = self.layout(die)
            elif name and die.tag == "DW_TAG_typedef":
                found[name] = self.layout(die)
        return found

    def walk(self, dies):
        for die in dies:
            yield die
            yield from self.walk(die.children)


def types(source, flags):
    """Every named structure, union, enum and typedef that `source` sees when compiled with `flags`."""
    with tempfile.TemporaryDirectory() as folder:
        unit, binary = Path(folder, "unit.c"), Path(folder, "unit.o")
        unit.write_text(source)
        command = ["gcc", "-g", "-gdwarf-5", "-fno-eliminate-unused-debug-types", *flags]
        subprocess.run([*command, "-c", "-o", binary, unit], check=True)
        dump = subprocess.run(["readelf", "--debug-dump=info", "--wide", binary], check=True, text=True,
                              capture_output=True)
    return Types(dump.stdout).named()
