"""test_figures.py: the parts of `make bench` that need no machine: what is read from the guest's lines, and
what is drawn. A chart that is no XML, or whose bars do not say what the numbers say, would be noticed by
nobody."""

import os
import sys
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import chart
import counts
import uplink
import watched
import xenlinux

SVG = "{http://www.w3.org/2000/svg}"


def bars(groups):
    """Widths of the bars in the colors of Enso, in the order drawn."""
    root = ElementTree.fromstring(chart.draw(groups))
    return [float(r.get("width")) for r in root.iter(SVG + "rect")
            if r.get("fill") in (chart.BELOW, chart.ABOVE, chart.WORSE, chart.ALONE)]


class Chart(unittest.TestCase):
    def test_a_bar_is_the_share_of_xen(self):
        self.assertEqual(bars({"a": [("x", 50, 100), ("y", 25, 100)]}), [chart.BAR / 2, chart.BAR / 4])

    def test_a_bar_does_not_leave_the_chart(self):
        self.assertEqual(bars({"a": [("x", 300, 100)]}), [chart.BAR])

    def test_without_xen_a_bar_is_the_share_of_the_longest(self):
        self.assertEqual(bars({"a": [("x", 50, None), ("y", 200, None)]}), [chart.BAR / 4, chart.BAR])

    def test_colors(self):
        self.assertEqual([chart.color(r) for r in (0.5, 0.501, 1, 1.01)],
                         [chart.BELOW, chart.ABOVE, chart.ABOVE, chart.WORSE])

    def test_names_are_text(self):
        root = ElementTree.fromstring(chart.draw({"<&>": [('"a" < b', 1, 2)]}))
        texts = [t.text for t in root.iter(SVG + "text")]
        self.assertIn("<&>", texts)
        self.assertIn('"a" < b', texts)


class Groups(unittest.TestCase):
    def test_what_was_compared_is_drawn_rather_than_what_was_not(self):
        part = xenlinux.PARTS["packets"]
        alone = {part.title: {"x": {"instructions": 5}}}
        both = {xenlinux.title_of(part): {"x": {"Enso": 5, "Xen, Linux": 10}}}
        self.assertEqual(list(xenlinux.groups(alone).values()), [[("x", 5, None)]])
        self.assertEqual(list(xenlinux.groups(alone | both).values()), [[("x", 5, 10)]])

    def test_operations_are_in_their_groups(self):
        rows = {"x": {"Enso": 1, "Xen": 2, "group": "a"}, "y": {"Enso": 3, "Xen": 4, "group": "b"}}
        self.assertEqual(counts.groups({counts.TITLE: rows}), {"a": [("x", 1, 2)], "b": [("y", 3, 4)]})


class Entered(unittest.TestCase):
    """Hypercalls in what QEMU writes down."""

    def test_calls(self):
        entries = watched.Entries.__new__(watched.Entries)
        entries.all, entries.iret, entries.events, entries.grants = 0x10, 0x20, 0x30, 0x40
        lines = []
        for address, rdi in ((0x10, 1), (0x30, 4), (0x10, 1), (0x30, 9), (0x10, 4), (0x20, 4), (0x10, 4),
                             (0x40, 4)):
            lines += [f"Trace 0: 0x7f00 [0/{address:016x}/00b3/ff200201] name\n", "RAX=4 RBX=4 RCX=4 RDX=4\n",
                      f"RSI=4 RDI={rdi:016x} RBP=4 RSP=4\n"]
        self.assertEqual(entries.count(lines), (3, 1, 1))


class World(unittest.TestCase):
    """The other end of the guest's packets, outside of the machine."""

    def test_its_frames_have_right_checksums(self):
        data = bytearray(uplink.frame(b"\1" * 6, uplink.ECHO, b"odd"))
        self.assertEqual(uplink.checksum(bytes(data[14:34])), 0)
        data[26:34] = uplink.GUEST + uplink.WORLD       # there and back: the sums stay
        self.assertEqual(uplink.parse(bytes(data)), (uplink.ECHO, b"odd"))

    def test_a_wrong_checksum_is_an_error(self):
        data = bytearray(uplink.frame(b"\1" * 6, uplink.ECHO, b"odd"))
        data[26:34] = uplink.GUEST + uplink.WORLD
        data[-1] ^= 1
        self.assertRaises(ValueError, uplink.parse, bytes(data))

    def test_others_frames_are_nothing(self):
        self.assertIsNone(uplink.parse(uplink.frame(b"\1" * 6, uplink.ECHO, b"of another address")))


class Lines(unittest.TestCase):
    def test_what_the_guest_prints(self):
        run = counts.Run()
        for line in ("bench: figure: KiB of them free | 12\n", "bench: group: events\r\n",
                     "bench: send, to | from | 10 | 11\r\n", "(XEN) bench: no line of ours | 1 | 2\n"):
            run.read(line)
        self.assertEqual(run.figures, {"KiB of them free": 12})
        self.assertEqual(run.operations, {"send, to | from": (10, 11)})
        self.assertEqual(run.groups, {"events": ["send, to | from"]})


if __name__ == "__main__":
    unittest.main()
