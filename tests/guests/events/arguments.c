/* arguments.c: each operation with an argument that it can't read, and those with a result with one that it
 * can't write. The class of bug: a guest's pointer followed without a check, or half of an argument used. */
#include "events.h"

#include <string.h>

#define RESET_CONT 14    /* for the hypervisor's own continuations; has no public name */

static const struct {
    const char *name;
    unsigned int cmd;
    size_t size;
} ops[] = {
    { "bind_interdomain", EVTCHNOP_bind_interdomain, sizeof(struct evtchn_bind_interdomain) },
    { "bind_virq", EVTCHNOP_bind_virq, sizeof(struct evtchn_bind_virq) },
    { "bind_pirq", EVTCHNOP_bind_pirq, sizeof(struct evtchn_bind_pirq) },
    { "close", EVTCHNOP_close, sizeof(struct evtchn_close) },
    { "send", EVTCHNOP_send, sizeof(struct evtchn_send) },
    { "status", EVTCHNOP_status, sizeof(struct evtchn_status) },
    { "alloc_unbound", EVTCHNOP_alloc_unbound, sizeof(struct evtchn_alloc_unbound) },
    { "bind_ipi", EVTCHNOP_bind_ipi, sizeof(struct evtchn_bind_ipi) },
    { "bind_vcpu", EVTCHNOP_bind_vcpu, sizeof(struct evtchn_bind_vcpu) },
    { "unmask", EVTCHNOP_unmask, sizeof(struct evtchn_unmask) },
    { "reset", EVTCHNOP_reset, sizeof(struct evtchn_reset) },
    { "init_control", EVTCHNOP_init_control, sizeof(struct evtchn_init_control) },
    { "expand_array", EVTCHNOP_expand_array, sizeof(struct evtchn_expand_array) },
    { "set_priority", EVTCHNOP_set_priority, sizeof(struct evtchn_set_priority) },
    { "reset_cont", RESET_CONT, sizeof(struct evtchn_reset) },
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

static const struct {
    const char *name;
    void *pointer;
} pointers[] = {
    { "not mapped", UNMAPPED },
    { "the hypervisor's", HYPERVISOR_SPACE },
    { "not canonical", NON_CANONICAL },
};

static void unreadable(void)
{
    evtchn_port_t free_before = lowest_free();
    unsigned int i, j;
    long rc;

    for (i = 0; i < OPS; i++)
        for (j = 0; j < sizeof(pointers) / sizeof(pointers[0]); j++) {
            rc = op(ops[i].cmd, pointers[j].pointer);
            check_state(named("%s, argument %s", ops[i].name, pointers[j].name), rc, -XEN_EFAULT,
                        "no port opened", lowest_free() == free_before);
        }
}

/* The argument begins on a page and its last byte lies on the next, which is not mapped. */
static void across(void)
{
    char *pages = pv_pages_alloc(2);
    uint64_t second = entry_for(pages + PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
    evtchn_port_t free_before = lowest_free();
    unsigned int i;
    long rc;

    set_va(pages + PV_PAGE_SIZE, 0);
    for (i = 0; i < OPS; i++) {
        rc = op(ops[i].cmd, pages + PV_PAGE_SIZE - ops[i].size + 1);
        check_state(named("%s, argument's last byte not mapped", ops[i].name), rc, -XEN_EFAULT,
                    "no port opened",
                    lowest_free() == free_before);
    }
    set_va(pages + PV_PAGE_SIZE, second);
    pv_pages_free(pages, 2);
}

/* The port is open then, and nobody was told. */
static void read_only_argument(const char *name, unsigned int cmd, const void *argument, size_t size)
{
    char *page = pv_pages_alloc(1);
    evtchn_port_t port = lowest_free();
    long rc;

    memcpy(page, argument, size);
    make_read_only(page);
    rc = op(cmd, page);
    check_state(named("%s, argument on a read-only page", name), rc, -XEN_EFAULT,
                "the argument is as before and the port open",
                memcmp(page, argument, size) == 0 && strcmp(kind_of(port), "closed") != 0);
    close_port(port);
    make_writable(page);
    pv_pages_free(page, 1);
}

static void unwritable(void)
{
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_virq virq = { .virq = VIRQ_DEBUG };
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_bind_interdomain bind = { .remote_dom = own_domid, .remote_port = new_unbound() };
    struct evtchn_status status = { .dom = DOMID_SELF, .port = bind.remote_port };
    char *page = pv_pages_alloc(1);
    long rc;

    read_only_argument("alloc_unbound", EVTCHNOP_alloc_unbound, &alloc, sizeof(alloc));
    read_only_argument("bind_virq", EVTCHNOP_bind_virq, &virq, sizeof(virq));
    read_only_argument("bind_ipi", EVTCHNOP_bind_ipi, &ipi, sizeof(ipi));
    read_only_argument("bind_interdomain", EVTCHNOP_bind_interdomain, &bind, sizeof(bind));
    memcpy(page, &status, sizeof(status));
    make_read_only(page);
    rc = op(EVTCHNOP_status, page);
    check_state("status, argument on a read-only page", rc, -XEN_EFAULT, "the argument is as before",
                memcmp(page, &status, sizeof(status)) == 0);
    make_writable(page);
    pv_pages_free(page, 1);
    close_port(bind.remote_port);
}

static void unknown(void)
{
    char argument[64] = { 0 };
    static const unsigned int numbers[] = { 15, 16, 99, 0x7fffffff, 0x80000000, 0xffffffff };
    unsigned int i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        check(named("operation %#x", numbers[i]), op(numbers[i], argument), -XEN_ENOSYS);
    check("operation 99, argument not mapped", op(99, UNMAPPED), -XEN_ENOSYS);
    check("operation 4 with high bits set in the number: send of port 0",
          pv_hypercall(__HYPERVISOR_event_channel_op, 0x100000000UL | EVTCHNOP_send, (unsigned long)argument,
                       0, 0, 0), -XEN_EINVAL);
}

void test_arguments(void)
{
    unreadable();
    across();
    unwritable();
    unknown();
}
