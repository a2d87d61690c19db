/* sizes.c: orders, counts, flags and owners of the reservation calls. The class of bug: a count or an order
 * that is not bounded or wraps, a flag that reaches code for another kind of domain (XSA-14, XSA-31, XSA-158,
 * XSA-231, XSA-385). */
#include "memory.h"
#include "pages.h"

static const struct call {
    const char *name;
    unsigned int cmd;
} calls[] = {
    { "decrease_reservation", XENMEM_decrease_reservation },
    { "increase_reservation", XENMEM_increase_reservation },
    { "populate_physmap", XENMEM_populate_physmap },
};

/* Orders that no list of ours can serve; the frame named is nobody's, so that nothing is taken. */
static void orders(void)
{
    static const unsigned int rows[] = { 18, 20, 31, 32, 40, 51, 52, 63, 64, 0x80000000, 0xffffffff };
    unsigned int i, k;

    for (i = 0; i < 3; i++)
        for (k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
            xen_pfn_t frame = 1UL << 40;
            long before = frames_owned();

            check_state(named("%s, order %u, XSA-31 XSA-158", calls[i].name, rows[k]),
                        reserve(calls[i].cmd, &frame, 1, rows[k], 0, DOMID_SELF), 0,
                        "we own as many as before",
                        frames_owned() == before);
        }
}

static void blocks(void)
{
    struct spare a = spare_begin(0), b = spare_begin(0);
    xen_pfn_t frame = pv_start_info->nr_pages + 6000;
    long rc;

    spare_give(&a);
    spare_give(&b);
    rc = reserve(XENMEM_populate_physmap, &frame, 1, 1, 0, DOMID_SELF);
    check("populate_physmap, order 1", rc, 1);
    check_true("the block, if any, is aligned, and its pages are known one by one",
               rc != 1 || ((frame & 1) == 0 && m2p(frame + 1) == m2p(frame) + 1));
    check("decrease_reservation, order 1", reserve(XENMEM_decrease_reservation, &frame, 1, 1, 0, DOMID_SELF),
          1);
    spare_take(&a);
    spare_take(&b);
    spare_end(&a);
    spare_end(&b);
}

/* A block of which one page is gone: what was done of it is not undone. Only the initial domain gets blocks
 * everywhere. */
static void half_a_block(void)
{
    xen_pfn_t frame = pv_start_info->nr_pages + 6000, second;
    long before = frames_owned();

    if (!pv_is_control_domain())
        return;
    check("populate_physmap of a block of two",
          reserve(XENMEM_populate_physmap, &frame, 1, 1, 0, DOMID_SELF), 1);
    second = frame + 1;
    check("decrease_reservation of its second page", give_back(&second, 1), 1);
    check("decrease_reservation of the block",
          reserve(XENMEM_decrease_reservation, &frame, 1, 1, 0, DOMID_SELF), 0);
    check("frames that we own more", frames_owned() - before, 0);
    frame = pv_start_info->nr_pages + 6000;
    check("populate_physmap of a block of 512",
          reserve(XENMEM_populate_physmap, &frame, 1, 9, 0, DOMID_SELF), 1);
    check_true("it is aligned", (frame & 511) == 0);
    check("decrease_reservation of the block of 512",
          reserve(XENMEM_decrease_reservation, &frame, 1, 9, 0, DOMID_SELF), 1);
    check("frames that we own more then", frames_owned() - before, 0);
}

static void numbers(void)
{
    static const struct {
        const char *name;
        unsigned long n;
    } rows[] = {
        { "0", 0 }, { "2^58", 1UL << 58 }, { "2^58 - 1", (1UL << 58) - 1 }, { "2^60", 1UL << 60 },
        { "2^61", 1UL << 61 }, { "2^63", 1UL << 63 }, { "2^64 - 1", ~0UL },
    };
    unsigned int i, k;

    for (i = 0; i < 3; i++)
        for (k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
            long before = frames_owned();

            check_state(named("%s, %s extents, list unmapped, XSA-385", calls[i].name, rows[k].name),
                        reserve(calls[i].cmd, UNMAPPED, rows[k].n, 0, 0, DOMID_SELF), 0,
                        "we own as many as before",
                        frames_owned() == before);
        }
}

void sizes(void)
{
    orders();
    blocks();
    half_a_block();
    numbers();
}

/* One page, with flags. */
void flags(void)
{
    static const struct {
        const char *name;
        unsigned int flags;
        long domu, initial;
    } rows[] = {
        { "none", 0, 1, 1 },
        { "addresses of 1 bit", 1, 0, 0 },
        { "addresses of 12 bits", 12, 0, 0 },
        { "addresses of 16 bits", 16, 0, 0 },
        { "addresses of 32 bits", 32, 1, 1 },
        { "addresses of 40 bits", 40, 1, 1 },
        { "addresses of 64 bits", 64, 1, 1 },
        { "addresses of 128 bits", 128, 1, 1 },
        { "addresses of 255 bits", 255, 1, 1 },
        { "node 0", XENMEMF_node(0), 1, 1 },
        { "node 0 and no other", XENMEMF_exact_node(0), 0, 1 },
        { "node 1, XSA-231", XENMEMF_node(1), 1, 1 },
        { "node 1 and no other, XSA-231", XENMEMF_exact_node(1), 0, 0 },
        { "node 63, XSA-231", XENMEMF_node(63), 1, 1 },
        { "node 64, XSA-231", XENMEMF_node(64), 1, 0 },
        { "node 127, XSA-231", XENMEMF_node(127), 1, 0 },
        { "node 254, XSA-231", XENMEMF_node(254), 1, 0 },
        { "node 254 and no other, XSA-231", XENMEMF_exact_node(254), 0, 0 },
        { "that node and no other, without a node", XENMEMF_exact_node_request, 1, 1 },
        { "on demand, XSA-14", XENMEMF_populate_on_demand, 0, 0 },
        { "virtual node", XENMEMF_vnode, 1, 1 },
        { "virtual node 0", XENMEMF_vnode | XENMEMF_node(0), 1, 1 },
        { "bit 19", 1U << 19, 1, 1 },
        { "bit 20", 1U << 20, 1, 1 },
        { "bit 24", 1U << 24, 1, 1 },
        { "bit 30", 1U << 30, 1, 1 },
        { "bit 31", 1U << 31, 1, 1 },
        { "all bits", 0xffffffff, 0, 0 },
    };
    struct spare s = spare_begin(0);
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long before = frames_owned(), rc;
        xen_pfn_t frame = s.pfn;

        spare_give(&s);
        rc = reserve(XENMEM_populate_physmap, &frame, 1, 0, rows[i].flags, DOMID_SELF);
        if (rc == 1)
            s.mfn = frame;
        else
            spare_take(&s);
        check_state(named("populate_physmap, flags: %s", rows[i].name), rc,
                    by_role(rows[i].domu, rows[i].initial), "we own as many as before",
                    frames_owned() == before);
    }
    spare_end(&s);
}

void domains(void)
{
    static const struct {
        const char *name;
        domid_t dom;
        long domu, initial;
    } rows[] = {
        { "nobody", NOBODY, 0, 0 },
        { "DOMID_IO", DOMID_IO, 0, 0 },
        { "DOMID_XEN", DOMID_XEN, 0, 0 },
        { "DOMID_INVALID", DOMID_INVALID, 0, 0 },
        { "DOMID_IDLE", DOMID_IDLE, 0, 0 },
        { "65535", 0xffff, 0, 0 },
    };
    unsigned int i, k;

    for (i = 0; i < 3; i++) {
        xen_pfn_t frame = 1UL << 40;

        for (k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
            check(named("%s for %s", calls[i].name, rows[k].name),
                  reserve(calls[i].cmd, &frame, 1, 0, 0, rows[k].dom),
                  by_role(rows[k].domu, rows[k].initial));
        if (!pv_is_control_domain())
            check(named("%s for domain 0, in a domU", calls[i].name),
                  reserve(calls[i].cmd, &frame, 1, 0, 0, 0),
                  0);
        check(named("%s of nothing for our own number", calls[i].name),
              reserve(calls[i].cmd, &frame, 0, 0, 0, own_domid), 0);
    }
}
