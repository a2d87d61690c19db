/* counts.c: how much memory there is and who has how much. The class of bug: a domain that learns of others,
 * a number of a domain's that is used as an index. */
#include "memory.h"
#include "pages.h"
#include "place.h"

#include <xen/domctl.h>

static long ask(unsigned int cmd, domid_t domid)
{
    return HYPERVISOR_memory_op(cmd, &domid);
}

static const struct question {
    const char *name;
    unsigned int cmd;
} questions[] = {
    { "XENMEM_current_reservation", XENMEM_current_reservation },
    { "XENMEM_maximum_reservation", XENMEM_maximum_reservation },
    { "XENMEM_maximum_gpfn", XENMEM_maximum_gpfn },
};

static void of_domains(const struct question *q)
{
    static const struct {
        const char *name;
        domid_t dom;
        long domu, initial;
    } others[] = {
        { "nobody", NOBODY, -XEN_ESRCH, -XEN_ESRCH },
        { "DOMID_INVALID", DOMID_INVALID, -XEN_ESRCH, -XEN_ESRCH },
        { "DOMID_IDLE", DOMID_IDLE, -XEN_ESRCH, -XEN_ESRCH },
        { "65535", 0xffff, -XEN_ESRCH, -XEN_ESRCH },
    };
    unsigned int i;

    check_true(named("%s of DOMID_SELF and of our number are the same", q->name),
               ask(q->cmd, DOMID_SELF) == ask(q->cmd, own_domid));
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        check(named("%s of %s", q->name, others[i].name), ask(q->cmd, others[i].dom),
              by_role(others[i].domu, others[i].initial));
    if (!pv_is_control_domain())
        check(named("%s of domain 0, in a domU", q->name), ask(q->cmd, 0), -XEN_EPERM);
}

static void at_pointers(const struct question *q)
{
    char *gap = place_before_unmapped();
    const struct {
        const char *name;
        void *at;
    } bad[] = {
        { "NULL", NULL },
        { "unmapped", UNMAPPED },
        { "at the hypervisor's address", HYPERVISOR_SPACE },
        { "in the machine-to-physical table", (void *)MACH2PHYS_VIRT_START },
        { "non-canonical", NON_CANONICAL },
        { "half on an unmapped page", gap - 1 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check(named("%s, argument %s", q->name, bad[i].name), HYPERVISOR_memory_op(q->cmd, bad[i].at),
              -XEN_EFAULT);
    place_end(gap);
}

static long set_limit(uint64_t frames)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_max_mem, .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                             .domain = own_domid };

    op.u.max_mem.max_memkb = frames << (PV_PAGE_SHIFT - 10);
    return HYPERVISOR_domctl(&op);
}

/* The initial domain may set its own. */
static void limits(void)
{
    long now = frames_owned(), most = ask(XENMEM_maximum_reservation, DOMID_SELF);
    xen_pfn_t pfn = pv_start_info->nr_pages + 7000;

    if (!pv_is_control_domain())
        return;
    check("domctl max_mem: what we own", set_limit((uint64_t)now), 0);
    check_true("XENMEM_maximum_reservation says so", ask(XENMEM_maximum_reservation, DOMID_SELF) == now);
    check_state("populate_physmap then", populate(&pfn, 1), 0, "we own as many as before",
                frames_owned() == now);
    check("domctl max_mem: one more", set_limit((uint64_t)now + 1), 0);
    check_state("populate_physmap then, again", populate(&pfn, 1), 1, "we own one more",
                frames_owned() == now + 1);
    check("decrease_reservation of that", give_back(&pfn, 1), 1);
    check("domctl max_mem: as before", set_limit((uint64_t)most), 0);
}

void counts(void)
{
    long now = frames_owned(), most = ask(XENMEM_maximum_reservation, DOMID_SELF);
    long last = HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL);
    unsigned int i;

    check_true("we own at least the pages of start_info", now >= (long)pv_start_info->nr_pages);
    check_true("and at most what we may", most >= now);
    check_true("XENMEM_maximum_ram_page is beyond what we own", last > now);
    check_true("XENMEM_maximum_ram_page does not look at its argument",
               HYPERVISOR_memory_op(XENMEM_maximum_ram_page, UNMAPPED) == last);
    for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        of_domains(&questions[i]);
        at_pointers(&questions[i]);
    }
    limits();
}
