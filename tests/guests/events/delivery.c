/* delivery.c: the way of an event from a send to the upcall: its four bits after each step, and handlers that
 * run once for it. The class of bug: an event lost between two bits, or told twice. */
#include "events.h"

#include <xen/version.h>

static void any_hypercall(void)
{
    HYPERVISOR_xen_version(XENVER_version, NULL);
}

/* Steps on one port, masked and without event at first. */
enum step { END, SEND, MASK, UNMASK_BY_HAND, UNMASK_CALL, TAKE, TAKE_UPCALL, TAKE_SELECTOR, TAKE_PENDING };

struct path {
    const char *name;
    enum step steps[8];
    const char *bits;
};

static const struct path paths[] = {
    { "send, masked", { SEND }, "pending masked" },
    { "send twice, masked", { SEND, SEND }, "pending masked" },
    { "send, not masked", { UNMASK_BY_HAND, SEND }, "pending selector upcall" },
    { "unmask call without event", { UNMASK_CALL }, "none" },
    { "unmask call without event, then send", { UNMASK_CALL, SEND }, "pending selector upcall" },
    { "send, masked, then unmask call", { SEND, UNMASK_CALL }, "pending selector upcall" },
    { "send, masked, then unmask by hand", { SEND, UNMASK_BY_HAND }, "pending" },
    { "send, masked, unmask by hand, send again", { SEND, UNMASK_BY_HAND, SEND }, "pending" },
    { "send, masked, unmask by hand, then unmask call", { SEND, UNMASK_BY_HAND, UNMASK_CALL }, "pending" },
    { "send, masked, unmask by hand, mask, unmask call", { SEND, UNMASK_BY_HAND, MASK, UNMASK_CALL },
      "pending selector upcall" },
    { "send, not masked, then masked", { UNMASK_BY_HAND, SEND, MASK }, "pending masked selector upcall" },
    { "send, not masked, upcall bit taken", { UNMASK_BY_HAND, SEND, TAKE_UPCALL }, "pending selector" },
    { "send, upcall bit taken, send again", { UNMASK_BY_HAND, SEND, TAKE_UPCALL, SEND }, "pending selector" },
    { "send, upcall and pending bit taken, send again: the selector was set",
      { UNMASK_BY_HAND, SEND, TAKE_UPCALL, TAKE_PENDING, SEND }, "pending selector" },
    { "send, upcall bit and selector taken, send again: the port was pending",
      { UNMASK_BY_HAND, SEND, TAKE_UPCALL, TAKE_SELECTOR, SEND }, "pending" },
    { "send, all taken, send again", { UNMASK_BY_HAND, SEND, TAKE, SEND }, "pending selector upcall" },
    { "send, all taken, unmask call", { UNMASK_BY_HAND, SEND, TAKE, UNMASK_CALL }, "none" },
    { "send, all taken, masked, send again", { UNMASK_BY_HAND, SEND, TAKE, MASK, SEND }, "pending masked" },
    { "send, masked, pending bit taken, unmask call", { SEND, TAKE_PENDING, UNMASK_CALL }, "none" },
    { "unmask call twice with an event", { SEND, UNMASK_CALL, UNMASK_CALL }, "pending selector upcall" },
};

static void take(enum step step, evtchn_port_t port)
{
    if (step == TAKE || step == TAKE_UPCALL || step == TAKE_SELECTOR)
        vcpu0()->evtchn_upcall_pending = 0;
    if (step == TAKE || step == TAKE_SELECTOR)
        __atomic_fetch_and(&vcpu0()->evtchn_pending_sel, ~(1UL << port / 64), __ATOMIC_SEQ_CST);
    if (step == TAKE || step == TAKE_PENDING)
        set_pending(port, false);
}

static long walk(const struct path *p, evtchn_port_t port)
{
    unsigned int i;
    long rc = 0;

    for (i = 0; p->steps[i] != END && rc == 0; i++) {
        if (p->steps[i] == SEND)
            rc = send_port(port);
        else if (p->steps[i] == UNMASK_CALL)
            rc = unmask_port(port);
        else if (p->steps[i] == MASK || p->steps[i] == UNMASK_BY_HAND)
            set_masked(port, p->steps[i] == MASK);
        else
            take(p->steps[i], port);
    }
    return rc;
}

void test_masking(void)
{
    evtchn_port_t port = new_ipi();
    unsigned int i;

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const char *bits;
        long rc;

        set_masked(port, true);
        quiet_begin();
        rc = walk(&paths[i], port);
        bits = bits_of(port);
        set_pending(port, false);
        quiet_end();
        check_bits(paths[i].name, rc, 0, bits, paths[i].bits);
    }
    close_port(port);
}

static volatile unsigned int count, mask_seen, order[8], ordered;
static evtchn_port_t again;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)arg;
    count++;
    mask_seen += vcpu0()->evtchn_upcall_mask;
    if (ordered < 8)
        order[ordered++] = port;
    if (again) {
        evtchn_port_t to = again;

        again = 0;
        send_port(to);
    }
}

static void once(void)
{
    int port = pv_event_bind_ipi(on_event, NULL);
    long rc;
    bool on;

    count = mask_seen = 0;
    rc = send_port((evtchn_port_t)port);
    check_state("send to ourselves", rc, 0, "the handler has run once, upcalls masked",
                count == 1 && mask_seen == 1 && vcpu0()->evtchn_upcall_mask == 0);
    any_hypercall();
    check("and not again at the next hypercall", count, 1);
    on = pv_upcalls_disable();
    rc = send_port((evtchn_port_t)port);
    rc |= send_port((evtchn_port_t)port);
    any_hypercall();
    check_state("send twice with upcalls masked", rc, 0, "no handler ran, the mask is as it was",
                count == 1 && vcpu0()->evtchn_upcall_mask == 1);
    pv_upcalls_restore(on);
    check("the handler runs once when they are not", count, 2);
    again = (evtchn_port_t)port;
    rc = send_port((evtchn_port_t)port);
    check_state("send from the handler to its own port", rc, 0, "it runs again", count == 4);
    pv_event_mask((evtchn_port_t)port);
    send_port((evtchn_port_t)port);
    any_hypercall();
    check("send to a masked port: handlers run", count, 4);
    pv_event_unmask((evtchn_port_t)port);
    check("after the unmask call", count, 5);
    pv_event_mask((evtchn_port_t)port);
    send_port((evtchn_port_t)port);
    set_pending((evtchn_port_t)port, false);
    pv_event_unmask((evtchn_port_t)port);
    check("an event whose pending bit the guest took back: handlers run", count, 5);
    pv_event_close((evtchn_port_t)port);
    check("after close: handlers run", send_port((evtchn_port_t)port) == -XEN_EINVAL ? count : 99, 5);
}

static void by_hand(void)
{
    int port = pv_event_bind_ipi(on_event, NULL);

    /* Another event at this moment takes the bit with it: that would not happen each time. */
    for (unsigned int i = 0; i < 20 && (i == 0 || count); i++) {
        count = 0;
        set_pending((evtchn_port_t)port, true);
        any_hypercall();
    }
    check("the guest sets a pending bit alone: no upcall", count, 0);
    __atomic_fetch_or(&vcpu0()->evtchn_pending_sel, 1UL << port / 64, __ATOMIC_SEQ_CST);
    vcpu0()->evtchn_upcall_pending = 1;
    any_hypercall();
    check("the guest sets selector and upcall bit as well: an upcall", count, 1);
    vcpu0()->evtchn_upcall_pending = 1;
    any_hypercall();
    check_state("an upcall bit without an event", vcpu0()->evtchn_upcall_pending, 0, "an upcall for nothing",
                count == 1);
    pv_event_close((evtchn_port_t)port);
}

/* Several at once. Within a word the kit takes the lowest port first. */
static void several(void)
{
    int a = pv_event_bind_ipi(on_event, NULL), b = pv_event_bind_ipi(on_event, NULL),
        c = pv_event_bind_ipi(on_event, NULL);
    bool on = pv_upcalls_disable();
    long rc;

    count = ordered = 0;
    rc = send_port((evtchn_port_t)c) | send_port((evtchn_port_t)a) | send_port((evtchn_port_t)b);
    pv_upcalls_restore(on);
    check_state("send on three ports with upcalls masked", rc, 0, "each handler ran once, all in one upcall",
                count == 3 && order[0] == (unsigned int)a && order[1] == (unsigned int)b &&
                order[2] == (unsigned int)c);
    count = ordered = 0;
    again = (evtchn_port_t)a;
    rc = send_port((evtchn_port_t)c);
    check_state("send on a lower port from a handler", rc, 0, "both ran",
                count == 2 && order[0] == (unsigned int)c && order[1] == (unsigned int)a);
    pv_event_close((evtchn_port_t)a);
    pv_event_close((evtchn_port_t)b);
    pv_event_close((evtchn_port_t)c);
}

void test_delivery(void)
{
    evtchn_port_t waiting;
    long rc;
    int end;

    once();
    by_hand();
    several();
    waiting = new_unbound();
    count = 0;
    end = pv_event_bind_interdomain(own_domid, waiting, on_event, NULL);
    check_state("bind_interdomain with a handler", end > 0, 1, "it runs for the first event", count == 1);
    rc = send_port(waiting);
    check_state("send at the other end", rc, 0, "it runs again", count == 2);
    rc = close_port(waiting);
    check_state("close the other end", rc, 0, "no event comes of it", count == 2);
    pv_event_close((evtchn_port_t)end);
}
