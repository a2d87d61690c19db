/* frames.c: numbers of frames that are not ours or are none. The class of bug: a frame number used as an
 * index before it is compared with the end of the frame table (XSA-32). */
#include "memory.h"
#include "pages.h"

#include <xen/grant_table.h>

void frames(void)
{
    xen_pfn_t last = (xen_pfn_t)HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL);
    const struct {
        const char *name;
        xen_pfn_t mfn;
    } rows[] = {
        { "frame 0, which is no domain's", 0 },
        { "the first frame behind memory", last + 1 },
        { "the second frame behind memory", last + 2 },
        { "frame 2^28", 1UL << 28 },
        { "frame 2^32 - 1", 0xffffffff },
        { "frame 2^32", 1UL << 32 },
        { "frame 2^36", 1UL << 36 },
        { "frame 2^40", 1UL << 40 },
        { "frame 2^52 - 1", (1UL << 52) - 1 },
        { "frame 2^52", 1UL << 52 },
        { "frame 2^63", 1UL << 63 },
        { "frame 2^64 - 1", ~0UL },
    };
    long before = frames_owned();
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        xen_pfn_t mfn = rows[i].mfn;

        check_state(named("decrease_reservation of %s, XSA-32", rows[i].name), give_back(&mfn, 1), 0,
                    "we own as many as before", frames_owned() == before);
    }
}

/* Frames that the hypervisor shares with us. Xen takes them as our own; then they are of no use to us any
 * more, so this comes last. */
void shared_frames(void)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    xen_pfn_t mfn = pv_start_info->shared_info >> PV_PAGE_SHIFT, grants = 0;
    long before = frames_owned();

    check_state("decrease_reservation of the shared page", give_back(&mfn, 1), 1, "we own as many as before",
                frames_owned() == before);
    set_xen_guest_handle(setup.frame_list, &grants);
    HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &setup, 1);
    check_state("decrease_reservation of the grant table", give_back(&grants, 1), 1,
                "we own as many as before",
                frames_owned() == before);
}
