/* memory.c: the kernel `memory`: memory_op. */
#include "case.h"
#include "memory.h"

const struct kernel kernel = {
    .name = "memory", .checks = "memory_op: what a domain owns, gives back and gets",
    .groups = (const struct group[]){
        { "counts", counts, "who owns how much; domains that one must not learn of" },
        { "cycle", cycle,
          "frames given back and taken: contents that survive, mappings that stay, XSA-100 XSA-511" },
        { "frames", frames, "numbers of frames that are not ours or are none, XSA-32" },
        { "in_use", in_use, "frames given back while something still uses them, XSA-252" },
        { "lists", lists, "lists of which some is right: what is done, and what is counted" },
        { "sizes", sizes, "orders and counts that are not bounded, or wrap, XSA-31 XSA-158 XSA-385" },
        { "flags", flags, "flags that reach code for another kind of domain, XSA-14 XSA-231" },
        { "domains", domains, "memory of another domain" },
        { "sub_operations", sub_operations, "every number, with arguments that are nowhere" },
        { "start", start_extents, "progress that the guest tells, XSA-212" },
        { "exchange", exchange, "one frame for another, XSA-29 XSA-159 XSA-212" },
        { "machphys", machphys, "the machine-to-physical table" },
        { "maps", memory_maps, "buffers for maps of memory" },
        { "translated", translated, "operations for another kind of domain, XSA-14" },
        { "shared", shared_frames, "frames of the hypervisor's own that a domain gives back" },
        { 0 },
    },
};
