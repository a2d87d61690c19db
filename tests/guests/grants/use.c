/* use.c: an entry's in-use bits after each step, and entries that their owner changes while they are in use.
 * What an entry said when it was first mapped is what Enso goes by. The class of bug: bits that are cleared
 * while a mapping remains, a mapping that finds another frame than it was given. */
#include "grants.h"

#include <string.h>

#define RO (GNTMAP_host_map | GNTMAP_readonly)
#define RW GNTMAP_host_map

struct use_row {
    const char *name;
    const char *steps;    /* w, r: map; W,
        R: unmap the like; c: copy from it; C: copy to it; d: map for a device */
    const char *use;
};

static const struct use_row rows[] = {
    { "map writable", "w", "reading writing" },
    { "map read-only", "r", "reading" },
    { "map writable, unmap", "wW", "unused" },
    { "map read-only, unmap", "rR", "unused" },
    { "map writable twice", "ww", "reading writing" },
    { "map writable twice, unmap one", "wwW", "reading writing" },
    { "map writable twice, unmap both", "wwWW", "unused" },
    { "map read-only twice, unmap one", "rrR", "reading" },
    { "map both ways", "wr", "reading writing" },
    { "map both ways, unmap the writable", "wrW", "reading" },
    { "map both ways, unmap the read-only", "wrR", "reading writing" },
    { "map read-only, then writable", "rw", "reading writing" },
    { "map read-only, then writable, unmap the writable", "rwW", "reading" },
    { "map read-only, then writable, unmap both", "rwWR", "unused" },
    { "copy from it", "c", "unused" },
    { "copy to it", "C", "unused" },
    { "map writable, copy to it, XSA-230", "wC", "reading writing" },
    { "map writable, copy from it, XSA-230", "wc", "reading writing" },
    { "map read-only, copy to it, XSA-230", "rC", "reading" },
    { "map read-only, copy from it, XSA-230", "rc", "reading" },
    { "map for a device, XSA-224", "d", "reading writing" },
    { "map for a device and a CPU, unmap the CPU's, XSA-224", "dwW", "reading writing" },
    { "map for a device, unmap, XSA-224", "dD", "unused" },
};

static grant_handle_t handles[2][4], device;
static unsigned int made[2];

static int step(char what)
{
    struct gnttab_copy c = {
        .source = { .u.ref = REF, .domid = own_domid }, .flags = GNTCOPY_source_gref, .len = 8,
        .dest = { .u.gmfn = pv_virt_to_mfn(page[1]), .domid = DOMID_SELF },
    };
    struct gnttab_map_grant_ref d = { .flags = GNTMAP_device_map, .ref = REF, .dom = own_domid };
    unsigned int readonly = what == 'r' || what == 'R', i = made[readonly];
    int status;

    switch (what) {
    case 'w':
    case 'r':
        made[readonly]++;
        return map(REF, readonly ? RO : RW, spot[readonly * 4 + i], &handles[readonly][i]);
    case 'W':
    case 'R':
        i = --made[readonly];
        return unmap(handles[readonly][i], spot[readonly * 4 + i]);
    case 'd':
        status = map_full(&d);
        device = d.handle;
        return status;
    case 'D':
        return unmap_full(device, 0, (uint64_t)table[REF].frame << PV_PAGE_SHIFT);
    case 'C':
        c.dest = c.source;
        c.source.u.gmfn = pv_virt_to_mfn(page[1]);
        c.source.domid = DOMID_SELF;
        c.flags = GNTCOPY_dest_gref;
        return copy1(&c);
    default:
        return copy1(&c);
    }
}

void test_use(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *s, *use;
        int status = GNTST_okay;

        give(REF, page[0], GTF_permit_access);
        for (s = rows[i].steps; *s && status == GNTST_okay; s++)
            status = step(*s);
        use = use_of(REF);
        check_after(rows[i].name, status, GNTST_okay, strcmp(use, rows[i].use) == 0 ? use :
                    named("%s but %s", rows[i].use, use), strcmp(use, rows[i].use) == 0);
        if (status == GNTST_okay && strchr(rows[i].steps, 'd') && !strchr(rows[i].steps, 'D'))
            step('D');
        while (made[0])
            step('W');
        while (made[1])
            step('R');
        check_use(named("%s, all undone", rows[i].name), GNTST_okay, GNTST_okay, "unused");
        take(REF);
    }
}

/* The owner clears or changes the entry while it is mapped `first`; a second map is tried; then all is
 * unmapped. */
struct change_row {
    const char *name;
    uint32_t first;
    uint16_t flags;      /* put into the entry, in-use bits kept */
    bool other_frame, other_domain;
    uint32_t second;
    int want;
};

static const struct change_row changes[] = {
    { "cleared while mapped writable; map writable", RW, 0, false, false, RW, GNTST_okay },
    { "cleared while mapped writable; map read-only", RW, 0, false, false, RO, GNTST_okay },
    { "cleared while mapped read-only; map read-only", RO, 0, false, false, RO, GNTST_okay },
    { "cleared while mapped read-only; map writable", RO, 0, false, false, RW, GNTST_okay },
    { "made read-only while mapped writable; map writable", RW, GTF_permit_access | GTF_readonly, false,
      false, RW,
      GNTST_okay },
    { "made read-only while mapped read-only; map writable", RO, GTF_permit_access | GTF_readonly, false,
      false, RW,
      GNTST_general_error },
    { "given to nobody while mapped read-only; map writable", RO, GTF_permit_access, false, true, RW,
      GNTST_okay },
    { "given to nobody while mapped writable; map writable", RW, GTF_permit_access, false, true, RW,
      GNTST_okay },
    { "frame changed while mapped writable, XSA-500; map writable", RW, GTF_permit_access, true, false, RW,
      GNTST_okay },
    { "frame changed while mapped read-only, XSA-500; map writable", RO, GTF_permit_access, true, false, RW,
      GNTST_okay },
};

static void change(const struct change_row *c)
{
    grant_handle_t first, second = NO_HANDLE;
    const char *seen;
    int status, end;

    give(REF, page[0], GTF_permit_access);
    map(REF, c->first, spot[0], &first);
    table[REF].domid = c->other_domain ? NOBODY : own_domid;
    table[REF].frame = (uint32_t)pv_virt_to_mfn(page[c->other_frame]);
    table[REF].flags = (uint16_t)(c->flags | (table[REF].flags & (GTF_reading | GTF_writing)));
    status = map(REF, c->second, spot[1], &second);
    seen = mapped_at(spot[1], page[0]);
    check_after(c->name, status, c->want, status ? "nothing mapped" : "the frame that was granted first",
                strcmp(seen, status ? "nothing" : c->second == RO ? "read-only" : "writable") == 0);
    end = status == GNTST_okay ? unmap(second, spot[1]) : GNTST_okay;
    end = end ? end : unmap(first, spot[0]);
    check_use(named("%s; all unmapped", c->name), end, GNTST_okay, "unused");
    take(REF);
}

/* An entry that is emptied with its in-use bits, as a careless owner would. */
static void careless(void)
{
    grant_handle_t handle;
    int status;

    give(REF, page[0], GTF_permit_access);
    map(REF, RW, spot[0], &handle);
    take(REF);
    check_after("entry zeroed with its in-use bits while mapped", GNTST_okay, GNTST_okay, "the mapping stays",
                strcmp(mapped_at(spot[0], page[0]), "writable") == 0);
    give(REF, page[1], GTF_permit_access);
    status = unmap(handle, spot[0]);
    check_after("unmap after the entry was given anew", status, GNTST_okay, "nothing mapped, not in use",
                strcmp(mapped_at(spot[0], page[0]), "nothing") == 0 && strcmp(use_of(REF), "unused") == 0);
    status = map(REF, RW, spot[0], &handle);
    check_after("map of the new entry", status, GNTST_okay, "its frame",
                strcmp(mapped_at(spot[0], page[1]), "writable") == 0);
    unmap(handle, spot[0]);
    take(REF);
}

/* In-use bits that the owner sets by itself. */
static void forged(void)
{
    grant_handle_t handle;
    int status;

    give(REF, page[0], GTF_permit_access | GTF_reading | GTF_writing);
    status = map(REF, RO, spot[0], &handle);
    check_use("map read-only, the owner had set both in-use bits", status, GNTST_okay, "reading writing");
    status = unmap(handle, spot[0]);
    check_use("unmap of it: the bit that no mapping had set", status, GNTST_okay, "writing");
    take(REF);
}

void test_revocation(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        change(&changes[i]);
    careless();
    forged();
}
