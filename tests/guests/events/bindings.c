/* bindings.c: what EVTCHNOP_status says of a port after each way to open it. */
#include "events.h"

#include <string.h>

/* A case: the kind of a port, and what else its status says. */
static void check_status(const char *name, evtchn_port_t port, const char *kind, const char *state,
                         uint32_t first,
                         uint32_t second)
{
    struct evtchn_status status;
    bool holds;

    status_of(port, &status);
    holds = status.vcpu == 0 && (status.status == EVTCHNSTAT_virq ? status.u.virq == first :
                                 status.u.interdomain.dom == first);
    if (status.status == EVTCHNSTAT_interdomain)
        holds = holds && status.u.interdomain.port == second;
    check_text_state(name, kind_of(port), kind, state, holds);
}

static void unbound_ports(void)
{
    static const struct { const char *name; domid_t id; } remotes[] = {
        { "domain 0", 0 }, { "nobody", NOBODY }, { "DOMID_IO", DOMID_IO }, { "DOMID_INVALID", DOMID_INVALID },
    };
    evtchn_port_t port;
    unsigned int i;

    alloc_for(DOMID_SELF, DOMID_SELF, &port);
    check_status("status of an unbound port for DOMID_SELF", port, "unbound", "for our number, vcpu 0",
                 own_domid, 0);
    close_port(port);
    alloc_for(DOMID_SELF, own_domid, &port);
    check_status("status of an unbound port for ourselves by number", port, "unbound",
                 "for our number, vcpu 0",
                 own_domid, 0);
    close_port(port);
    for (i = 0; i < sizeof(remotes) / sizeof(remotes[0]); i++) {
        alloc_for(DOMID_SELF, remotes[i].id, &port);
        check_status(named("status of an unbound port for %s", remotes[i].name), port, "unbound",
                     "for that number, vcpu 0", remotes[i].id, 0);
        close_port(port);
    }
}

static void other_ports(void)
{
    evtchn_port_t a, b, port;
    struct evtchn_status status;

    new_pair(&a, &b);
    check_status("status of the connecting port", b, "interdomain", "its peer, vcpu 0", own_domid, a);
    check_status("status of the connected port", a, "interdomain", "its peer, vcpu 0", own_domid, b);
    close_port(b);
    check_status("status of a port whose peer was closed", a, "unbound", "for whom it was connected to",
                 own_domid, 0);
    close_port(a);
    port = new_ipi();
    status_of(port, &status);
    check_text_state("status of an IPI port", kind_of(port), "ipi", "vcpu 0", status.vcpu == 0);
    close_port(port);
    bind_virq(VIRQ_DEBUG, 0, &port);
    check_status("status of a port of VIRQ_DEBUG", port, "virq", "its number, vcpu 0", VIRQ_DEBUG, 0);
    close_port(port);
    check_text("status of a port that was closed", kind_of(port), "closed");
    check_text("status of port 0", kind_of(0), "closed");
}

/* The one binding that all domains have. */
static void timer(void)
{
    struct evtchn_status status;
    evtchn_port_t port, end = lowest_free();
    unsigned int timers = 0;

    for (port = 1; port < end; port++)
        if (status_of(port, &status) == 0 && status.status == EVTCHNSTAT_virq && status.u.virq == VIRQ_TIMER)
            timers++;
    check("ports of VIRQ_TIMER, which the kit has bound", timers, 1);
}

void test_bindings(void)
{
    unbound_ports();
    other_ports();
    timer();
}
