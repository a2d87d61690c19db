/* grants.c: the kernel of grant tables: its groups. The class of bug: a reference, handle, frame or offset
 * that is trusted; a mapping that outlives its grant; a count that goes wrong on a way out. */
#include "grants.h"

static void begin(void)
{
    setup();
    check_true("our table is mapped", table != NULL);
}

static void end(void)
{
    clean_up();
    check_true("all pages are as they were", page[0][0] == 0);
}

const struct kernel kernel = {
    .name = "grants", .checks = "grant tables, with ourselves as both sides",
    .groups = (const struct group[]){
        { "setup", begin, "our own table" },
        { "arguments", test_arguments, "operations that do not exist, arguments that can't be read, counts" },
        { "table", test_table, "setup, sizes and versions of tables, ours and others'" },
        { "flags", test_map_flags, "map with each combination of flags" },
        { "where", test_map_where,
          "map at addresses that can't be mapped at, from domains that give nothing" },
        { "entries", test_map_entries, "map of entries that grant, and that do not" },
        { "frames", test_frames, "map of frames of each kind" },
        { "pte", test_entry_maps, "map into a page-table entry named by its machine address" },
        { "use", test_use, "the in-use bits of an entry after each step" },
        { "revocation", test_revocation, "entries that change while they are mapped" },
        { "unmap", test_unmap, "unmap of what is mapped, and of what is not" },
        { "replace", test_replace, "unmap_and_replace" },
        { "copy", test_copy, "copy: sides, offsets and lengths" },
        { "copypages", test_copy_pages, "copy: frames of each kind, and the in-use bits" },
        { "batches", test_batches, "many at once, with errors in the middle" },
        { "refused", test_refused, "transfer, swap, cache_flush, version 2" },
        { "limits", test_limits, "counts and handles at their ends" },
        { "races", test_races, "a second vcpu that changes entries, maps and unmaps at the same time" },
        { "cleanup", end, "everything given back" },
        { 0 },
    },
};
