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

SVG = "{http://www.w3.org/2000/svg}"


def bars(groups):
    """Widths of the bars in the colors of Enso, in the order drawn."""
    root = ElementTree.fromstring(chart.draw(groups))
    return [float(r.get("width")) for r in root.iter(SVG + "rect")
            if r.get("fill") in (chart.BELOW, chart.ABOVE, chart.WORSE)]


class Chart(unittest.TestCase):
    def test_a_bar_is_the_share_of_xen(self):
        self.assertEqual(bars({"a": [("x", 50, 100), ("y", 25, 100)]}), [chart.BAR / 2, chart.BAR / 4])

    def test_a_bar_does_not_leave_the_chart(self):
        self.assertEqual(bars({"a": [("x", 300, 100)]}), [chart.BAR])

    def test_colors(self):
        self.assertEqual([chart.color(r) for r in (0.5, 0.501, 1, 1.01)],
                         [chart.BELOW, chart.ABOVE, chart.ABOVE, chart.WORSE])

    def test_names_are_text(self):
        root = ElementTree.fromstring(chart.draw({"<&>": [('"a" < b', 1, 2)]}))
        texts = [t.text for t in root.iter(SVG + "text")]
        self.assertIn("<&>", texts)
        self.assertIn('"a" < b', texts)


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
