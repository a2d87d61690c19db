"""baseline.py: what another guest kernel, written independently, measured on the same Xen in the same way.

It calls through the hypercall page, which costs 11 instructions for each hypercall that the benchmark guest
does not have, and its operations are not always quite ours: docs/bench.md says where."""

PAGE = 11       # instructions of a call through the hypercall page
CLOSE = 10      # a difference that needs no explanation

# operation: its instructions there, hypercalls in it
FIGURES = {
    "null hypercall: xen_version(0)": (285, 1),
    "unknown sub-op of xen_version": (277, 1),
    "multicall of 16, each": (219, 1 / 16),
    "sched_op yield": (1645, 1),
    "vcpu_op is_up": (310, 1),
    "set_timer_op, stopped already": (383, 1),
    "stack_switch": (251, 1),
    "set_segment_base": (259, 1),
    "fpu_taskswitch, on and off": (509, 2),
    "get_debugreg": (269, 1),
    "update_va_mapping, accessed/dirty only, no flush": (598, 1),
    "update_va_mapping, accessed/dirty only, INVLPG": (664, 1),
    "update_va_mapping, writable to read-only and back": (942, 1),
    "update_va_mapping, another frame": (1000, 1),
    "update_va_mapping, clear and set": (794, 1),
    "mmu_update of 1, accessed/dirty only": (775, 1),
    "mmu_update of 1, another frame": (1111, 1),
    "mmu_update of 128, each, accessed/dirty only": (358, 1 / 128),
    "mmu_update of 128, each, other frames": (703, 1 / 128),
    "TLB_FLUSH_LOCAL": (503, 1),
    "INVLPG_LOCAL": (489, 1),
    "NEW_BASEPTR, the same one": (611, 1),
    "pin and unpin an L1 of 512 entries": (188843, 2),
    "trapped write to a pinned L1, another frame": (1891, 0),
    "event to oneself, masked": (454, 1),
    "event to oneself, upcalls off": (509, 1),
    "event to oneself, upcall, iret": (923, 2),
    "page fault not present, bounced, iret hypercall": (728, 1),
    "page fault on a read-only page, bounced, iret hypercall": (966, 1),
    "page fault on a read-only page, bounced, native iretq": (658, 0),
    "mov from CR0, emulated": (1301, 0),
    "mov from CR3, emulated": (1301, 0),
    "clts, emulated": (1159, 0),
    "rdmsr EFER, emulated": (1175, 0),
    "wrmsr GS shadow, emulated": (1177, 0),
    "CPUID by the forced-emulation prefix": (451, 0),
    "console_io, 0 bytes": (280, 1),
    "system call of guest user code: in, and iret back": (701, 1),
}


def compare(results, operations):
    """A table of what both have measured: here, there, and what the hypercall page does not explain."""
    table = results.section("the same operations on Xen, measured by another kernel",
                            ("here", "there", "unexplained"))
    for name, (figure, hypercalls) in FIGURES.items():
        here = operations[name][0]
        rest = round(figure - here - PAGE * hypercalls)
        table.row(name, here, figure, rest if abs(rest) > CLOSE else None)
    close = sum(row["unexplained"] is None for row in table.rows.values())
    print(f"  {close} of {len(FIGURES)} agree within {CLOSE} instructions; docs/bench.md has the reasons of "
          "the others")
