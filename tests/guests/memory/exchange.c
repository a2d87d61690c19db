/* exchange.c: XENMEM_exchange. The class of bug: a list that is checked by its beginning alone, progress that
 * the guest tells (XSA-29, XSA-159, XSA-212). Enso does not have it. */
#include "memory.h"
#include "pages.h"

static struct xen_memory_exchange swap(xen_pfn_t *in, xen_pfn_t *out, unsigned long n)
{
    struct xen_memory_exchange e = {
        .in = { .nr_extents = n, .domid = DOMID_SELF }, .out = { .nr_extents = n, .domid = DOMID_SELF },
    };

    set_xen_guest_handle(e.in.extent_start, in);
    set_xen_guest_handle(e.out.extent_start, out);
    return e;
}

static void refused(struct spare *s)
{
    xen_pfn_t in = s->mfn, out = s->pfn;
    struct xen_memory_exchange rows[8];
    static const struct {
        const char *name;
        long want;
    } names[8] = {
        { "new frames told at the hypervisor's address, XSA-29 XSA-212", -XEN_EFAULT },
        { "old frames listed at the hypervisor's address, XSA-29", -XEN_EFAULT },
        { "progress of 2^64 - 1, XSA-212", -XEN_EINVAL },
        { "progress beyond the list, XSA-212", -XEN_EINVAL },
        { "lists of different sizes", -XEN_EINVAL },
        { "different domains", -XEN_EINVAL },
        { "order 52", -XEN_EPERM },
        { "2^60 extents listed nowhere", -XEN_EFAULT },
    };
    unsigned int i;

    for (i = 0; i < 8; i++)
        rows[i] = swap(&in, &out, 1);
    set_xen_guest_handle(rows[0].out.extent_start, (xen_pfn_t *)HYPERVISOR_SPACE);
    set_xen_guest_handle(rows[1].in.extent_start, (xen_pfn_t *)HYPERVISOR_SPACE);
    rows[2].nr_exchanged = ~0UL;
    rows[3].nr_exchanged = 2;
    rows[4].out.nr_extents = 2;
    rows[5].out.domid = NOBODY;
    rows[6].in.extent_order = rows[6].out.extent_order = 52;
    set_xen_guest_handle(rows[7].in.extent_start, (xen_pfn_t *)UNMAPPED);
    rows[7].in.nr_extents = rows[7].out.nr_extents = 1UL << 60;
    for (i = 0; i < 8; i++) {
        long before = frames_owned();

        check_state(named("exchange, %s", names[i].name), HYPERVISOR_memory_op(XENMEM_exchange, &rows[i]),
                    names[i].want, "we own as many as before", frames_owned() == before);
    }
}

void exchange(void)
{
    struct spare s = spare_begin(0);
    xen_pfn_t in = s.mfn, out = s.pfn;
    struct xen_memory_exchange e = swap(&in, &out, 1);
    long rc;

    refused(&s);
    rc = HYPERVISOR_memory_op(XENMEM_exchange, &e);
    check("exchange of a page of ours, XSA-29 XSA-159 XSA-212", rc, 0);
    if (rc == 0)
        s.mfn = out;
    spare_end(&s);
}
