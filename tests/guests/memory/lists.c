/* lists.c: lists of which some is right: what is done, and what is counted. The class of bug: a count that is
 * not what was done, an error that loses frames. */
#include "memory.h"
#include "pages.h"
#include "place.h"

#include <string.h>

#define N 4

static struct spare spares[N];
static xen_pfn_t *list;

static void begin(void)
{
    unsigned int i;

    for (i = 0; i < N; i++)
        spares[i] = spare_begin(0x11);
}

static void end(void)
{
    unsigned int i;

    for (i = 0; i < N; i++)
        spare_end(&spares[i]);
}

/* The first n pages get new frames. */
static void refill(unsigned int n)
{
    unsigned int i;

    for (i = 0; i < n; i++)
        spare_take(&spares[i]);
}

static void decrease_stops(void)
{
    static const struct {
        const char *name;
        xen_pfn_t bad;
    } rows[] = {
        { "2^40", 1UL << 40 },
        { "frame 0", 0 },
        { "2^64 - 1", ~0UL },
    };
    unsigned int i, k;

    for (i = 0; i < 3; i++) {
        long before = frames_owned();

        for (k = 0; k < 3; k++)
            list[k < 2 ? k : 3] = spares[k].mfn;
        list[2] = rows[i].bad;
        check_state(named("decrease_reservation of four, the third is %s", rows[i].name), give_back(list, N),
                    2, "two were taken, the fourth is ours", frames_owned() == before - 2 &&
                    spare_map(&spares[2], PV_PTE_NX) == 0);
        spare_map(&spares[2], 0);
        refill(2);
    }
    list[0] = list[1] = spares[0].mfn;
    check("decrease_reservation of two, both the same", give_back(list, 2), 1);
    refill(1);
}

static void decrease_across(char *edge, const char *what, long want)
{
    xen_pfn_t *at = (xen_pfn_t *)edge - 2;
    long before = frames_owned(), rc;

    at[0] = spares[0].mfn;
    at[1] = spares[1].mfn;
    rc = give_back(at, N);
    check_state(named("decrease_reservation of four, the third on %s page", what), rc, want, "two were taken",
                frames_owned() == before - 2);
    refill(2);
}

/* The second of two results cannot be told. */
static void populate_across(char *wall)
{
    xen_pfn_t *at = (xen_pfn_t *)wall - 1;
    long before = frames_owned(), rc;

    list[0] = spares[0].mfn;
    list[1] = spares[1].mfn;
    give_back(list, 2);
    pv_protect(wall, 1, PV_PTE_P | PV_PTE_RW | PV_PTE_NX);
    at[0] = spares[0].pfn;
    at[1] = spares[1].pfn;
    pv_protect(wall, 1, PV_PTE_P | PV_PTE_NX);
    rc = populate(at, 2);
    check("populate_physmap of two, the second's place is on a read-only page", rc, 1);
    spares[0].mfn = at[0];
    check("frames that we own more", frames_owned() - before + 2, 2);
    check_true("the one that was not told is in the machine-to-physical table", spare_find(&spares[1]));
}

static void populate_from_nowhere(char *gap)
{
    xen_pfn_t *at = (xen_pfn_t *)gap - 1;
    long before = frames_owned();

    list[0] = spares[0].mfn;
    list[1] = spares[1].mfn;
    give_back(list, 2);
    at[0] = spares[0].pfn;
    check_state("populate_physmap of two, the second on an unmapped page", populate(at, 2), 1,
                "one was given",
                frames_owned() == before - 1);
    spares[0].mfn = at[0];
    spare_take(&spares[1]);
}

static void nowhere(void)
{
    static const struct {
        const char *name;
        void *at;
        long decrease, populate;
    } rows[] = {
        { "NULL", NULL, 0, 0 },
        { "unmapped", UNMAPPED, 0, 0 },
        { "at the hypervisor's address", HYPERVISOR_SPACE, 0, 0 },
        { "in the machine-to-physical table", (void *)MACH2PHYS_VIRT_START, 0, 0 },
        { "non-canonical", NON_CANONICAL, 0, 0 },
        { "at the last bytes", (void *)-4UL, 0, 0 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long before = frames_owned();

        check_state(named("decrease_reservation, list %s", rows[i].name), give_back(rows[i].at, 1),
                    rows[i].decrease, "we own as many as before", frames_owned() == before);
        check_state(named("populate_physmap, list %s", rows[i].name), populate(rows[i].at, 1),
                    rows[i].populate, "we own as many as before", frames_owned() == before);
    }
}

void lists(void)
{
    char *gap = place_before_unmapped(), *wall = place_before_read_only();
    long before = frames_owned();

    list = pv_pages_alloc(1);
    begin();
    decrease_stops();
    decrease_across(gap, "an unmapped", 2);
    populate_across(wall);
    populate_from_nowhere(gap);
    nowhere();
    end();
    pv_pages_free(list, 1);
    place_end(gap);
    place_end(wall);
    check_true("after all that we own as many as before", frames_owned() == before);
}
