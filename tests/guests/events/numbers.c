/* numbers.c: ports, vcpus and domains that are not there, or not the caller's; and each operation on a port
 * of a kind that it is not meant for. The class of bug: a number used as an index before it is checked, an
 * answer that tells about other domains. */
#include "events.h"

#include <string.h>
#include <xen/sched.h>

/* Each operation that names a port of ours. */
static long with_bind_vcpu(evtchn_port_t port)
{
    return bind_vcpu(port, 0);
}

static long with_status(evtchn_port_t port)
{
    struct evtchn_status status;

    return status_of(port, &status);
}

static long with_priority(evtchn_port_t port)
{
    struct evtchn_set_priority priority = { .port = port, .priority = 7 };

    return op(EVTCHNOP_set_priority, &priority);
}

static long with_bind(evtchn_port_t port)
{
    evtchn_port_t local = 0;
    long rc = connect(own_domid, port, &local);

    if (rc == 0)
        close_port(local);
    return rc;
}

static long with_poll(evtchn_port_t port)
{
    struct sched_poll poll = { .nr_ports = 1, .timeout = pv_now_ns() + PV_NS_PER_MS };

    set_xen_guest_handle(poll.ports, &port);
    return HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
}

struct port_op {
    const char *name;
    long (*call)(evtchn_port_t port);
    /* answers for port 0, a closed port, one beyond every table */
    long zero, closed, beyond;
};

static const struct port_op port_ops[] = {
    { "close", close_port, -XEN_EINVAL, -XEN_EINVAL, -XEN_EINVAL },
    { "send", send_port, -XEN_EINVAL, -XEN_EINVAL, -XEN_EINVAL },
    { "status", with_status, 0, 0, -XEN_EINVAL },
    { "unmask", unmask_port, 0, 0, -XEN_EINVAL },
    { "bind_vcpu", with_bind_vcpu, -XEN_EINVAL, -XEN_EINVAL, -XEN_EINVAL },
    { "set_priority", with_priority, -XEN_ENOSYS, -XEN_ENOSYS, -XEN_EINVAL },
    { "bind_interdomain to", with_bind, -XEN_EINVAL, -XEN_EINVAL, -XEN_EINVAL },
};

#define PORT_OPS (sizeof(port_ops) / sizeof(port_ops[0]))

/* Runs before anything has opened many ports. */
void test_fresh(void)
{
    unsigned int i;

    for (i = 0; i < PORT_OPS; i++)
        check(named("%s a port that was never open, XSA-47 XSA-317 XSA-340", port_ops[i].name),
              port_ops[i].call(1000),
              -XEN_EINVAL);
    check("SCHEDOP_poll of a port that was never open, XSA-221", with_poll(1000), -XEN_EINVAL);
}

void test_numbers(void)
{
    evtchn_port_t closed = lowest_free(), port;
    unsigned int i;
    long rc;

    for (i = 0; i < PORT_OPS; i++) {
        const struct port_op *o = &port_ops[i];

        check(named("%s port 0", o->name), o->call(0), o->zero);
        check(named("%s a closed port", o->name), o->call(closed), o->closed);
        check(named("%s port 4096", o->name), o->call(4096), o->beyond);
        check(named("%s port 131072", o->name), o->call(131072), o->beyond);
        check(named("%s port 0xffffffff", o->name), o->call(BEYOND), o->beyond);
    }
    port = new_unbound();
    check("bind_vcpu, vcpu 999", bind_vcpu(port, NO_VCPU), -XEN_ENOENT);
    check("bind_vcpu, vcpu 0xffffffff", bind_vcpu(port, BEYOND), -XEN_ENOENT);
    check("bind_vcpu, vcpu 999 and a closed port", bind_vcpu(closed + 1, NO_VCPU), -XEN_ENOENT);
    check("bind_ipi, vcpu 999", bind_ipi(NO_VCPU, &port), -XEN_ENOENT);
    check("bind_ipi, vcpu 0xffffffff", bind_ipi(BEYOND, &port), -XEN_ENOENT);
    rc = close_port(closed);
    check_state("close the one port that is open after all of them", rc, 0, "it is the lowest free one",
                lowest_free() == closed);
}

struct domain_row {
    const char *name;
    domid_t id;
    long alloc_domu, alloc_initial;     /* as `dom` */
    long bind;                          /* as `remote_dom`, port beyond */
};

static const struct domain_row domains[] = {
    { "nobody", NOBODY, -XEN_ESRCH, -XEN_ESRCH, -XEN_ESRCH },
    { "DOMID_IO", DOMID_IO, -XEN_ESRCH, -XEN_ESRCH, -XEN_ESRCH },
    { "DOMID_XEN", DOMID_XEN, -XEN_ESRCH, -XEN_ESRCH, -XEN_ESRCH },
    { "DOMID_COW", DOMID_COW, -XEN_ESRCH, -XEN_ESRCH, -XEN_ESRCH },
    { "DOMID_INVALID", DOMID_INVALID, -XEN_ESRCH, -XEN_ESRCH, -XEN_ESRCH },
    { "DOMID_IDLE", DOMID_IDLE, -XEN_ESRCH, -XEN_ESRCH, -XEN_ESRCH },
};

static long status_in(domid_t dom, evtchn_port_t port)
{
    struct evtchn_status status = { .dom = dom, .port = port };

    return op(EVTCHNOP_status, &status);
}

void test_domains(void)
{
    evtchn_port_t free_before = lowest_free(), port;
    unsigned int i;
    long rc;

    for (i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
        const struct domain_row *d = &domains[i];

        rc = alloc_for(d->id, DOMID_SELF, &port);
        check_state(named("alloc_unbound in %s", d->name), rc, by_role(d->alloc_domu, d->alloc_initial),
                    "no port opened", lowest_free() == free_before);
        check(named("status in %s", d->name), status_in(d->id, 1), by_role(d->alloc_domu, d->alloc_initial));
        rc = connect(d->id, 1, &port);
        check_state(named("bind_interdomain to %s", d->name), rc, d->bind, "no port opened",
                    lowest_free() == free_before);
        rc = alloc_for(DOMID_SELF, d->id, &port);
        check(named("alloc_unbound for %s, who may come later", d->name), rc, 0);
        check(named("bind_interdomain to the port for %s", d->name), connect(own_domid, port, &port),
              -XEN_EINVAL);
        close_port(free_before);
    }
    check("alloc_unbound in ourselves by number", alloc_for(own_domid, DOMID_SELF, &port), 0);
    check("status in ourselves by number", status_in(own_domid, port), 0);
    close_port(port);
    check("bind_interdomain to port 0 of domain 0", connect(0, 0, &port), -XEN_EINVAL);
    check("bind_interdomain to port 0xffffffff of domain 0", connect(0, BEYOND, &port), -XEN_EINVAL);
    if (pv_is_control_domain())
        return;
    check("alloc_unbound in domain 0", alloc_for(0, DOMID_SELF, &port), -XEN_EPERM);
    check("status of port 1 of domain 0", status_in(0, 1), -XEN_EPERM);
    check("bind_interdomain to the first ports of domain 0, not one is for us",
          connect(0, 1, &port) == -XEN_EINVAL && connect(0, 2, &port) == -XEN_EINVAL &&
          connect(0, 3, &port) == -XEN_EINVAL ? -XEN_EINVAL : 0, -XEN_EINVAL);
}

/* Closes first, then looks. */
static void check_close(const char *name, evtchn_port_t port)
{
    long rc = close_port(port);

    check_state(name, rc, 0, "closed", strcmp(kind_of(port), "closed") == 0);
}

struct type_row {
    const char *name;
    evtchn_port_t (*open)(void);
    long send, bind_vcpu, bind_to;
};

static evtchn_port_t open_virq_debug(void)
{
    evtchn_port_t port;

    return bind_virq(VIRQ_DEBUG, 0, &port) == 0 ? port : 0;
}

static evtchn_port_t open_virq_argo(void)
{
    evtchn_port_t port;

    return bind_virq(VIRQ_ARGO, 0, &port) == 0 ? port : 0;
}

static evtchn_port_t open_for_nobody(void)
{
    evtchn_port_t port;

    return alloc_for(DOMID_SELF, NOBODY, &port) == 0 ? port : 0;
}

static evtchn_port_t other_end;

static evtchn_port_t open_connected(void)
{
    evtchn_port_t port;

    new_pair(&port, &other_end);
    return port;
}

static const struct type_row types[] = {
    { "an unbound port", new_unbound, 0, 0, 0 },
    { "an unbound port for nobody", open_for_nobody, 0, 0, -XEN_EINVAL },
    { "a connected port", open_connected, 0, 0, -XEN_EINVAL },
    { "a port of a vcpu's VIRQ", open_virq_debug, -XEN_EINVAL, -XEN_EINVAL, -XEN_EINVAL },
    { "a port of a global VIRQ", open_virq_argo, -XEN_EINVAL, 0, -XEN_EINVAL },
    { "an IPI port", new_ipi, 0, -XEN_EINVAL, -XEN_EINVAL },
};

void test_types(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct type_row *t = &types[i];
        evtchn_port_t port = t->open();
        const char *kind = kind_of(port);

        check(named("send on %s", t->name), send_port(port), t->send);
        check(named("bind_vcpu of %s to vcpu 0", t->name), bind_vcpu(port, 0), t->bind_vcpu);
        check_state(named("unmask %s", t->name), unmask_port(port), 0, "its kind is as before",
                    strcmp(kind_of(port), kind) == 0);
        set_masked(port, true);
        check(named("bind_interdomain to %s", t->name), with_bind(port), t->bind_to);
        check_close(named("close %s", t->name), port);
        if (other_end)
            close_port(other_end);
        other_end = 0;
    }
}
