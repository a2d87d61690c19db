"""table.py: what was measured: printed as it comes, written as JSON at the end."""

import json
import os


class Results:
    """Sections of rows. A row is a name and a few values; None is shown as nothing. What earlier runs have
    left in the file stays, but for the sections that are measured again."""

    def __init__(self, path):
        self.path = path
        self.sections = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                self.sections = json.load(f)

    def section(self, title, columns):
        print(f"\n{title}")
        self.sections[title] = {}
        return Section(self.sections[title], columns)

    def write(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "w", encoding="utf-8") as f:
            json.dump(self.sections, f, indent=1)
            f.write("\n")


class Section:
    def __init__(self, rows, columns):
        self.rows = rows
        self.columns = columns
        print("  " + " " * 62 + "".join(f"{c:>14}" for c in columns))

    def row(self, name, *values, shown=None):
        """`shown`: how many of the values are printed; all are written."""
        self.rows[name] = dict(zip(self.columns, values))
        print(f"  {name:62}" + "".join(f"{_text(v):>14}" for v in values[:shown]), flush=True)

    def heading(self, text):
        print(f"  -- {text}")

    def note(self, text):
        print(f"      {text}")


def _text(value):
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.3f}" if value < 1 else f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
