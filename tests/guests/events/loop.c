/* loop.c: ports that are connected, and what closing does to them, to their peers, and to whoever is given
 * the number next. The class of bug: a peer left dangling; a pending bit that the next user of a port
 * inherits. */
#include "events.h"

#include <string.h>

static void connecting(void)
{
    evtchn_port_t a = new_unbound(), b, c;
    const char *of_a, *of_b;
    long rc;

    quiet_begin();
    rc = connect(own_domid, a, &b);
    of_a = bits_of(a);
    of_b = bits_of(b);
    quiet_end();
    check_bits("bind_interdomain: the new port has an event, as one may have been lost", rc, 0, of_b,
               "pending masked");
    check_bits("the port that was waiting has none", 0, 0, of_a, "masked");
    check("bind_interdomain to the port that was waiting, again", connect(own_domid, a, &c), -XEN_EINVAL);
    check("bind_interdomain to the new port", connect(own_domid, b, &c), -XEN_EINVAL);
    check("bind_interdomain to the port that is opened by it", connect(own_domid, lowest_free(), &c),
          -XEN_EINVAL);
    close_port(a);
    close_port(b);
    a = new_unbound();
    rc = connect(DOMID_SELF, a, &b);
    check_state("bind_interdomain with DOMID_SELF", rc, 0, "connected", strcmp(kind_of(a),
                                                                               "interdomain") == 0);
    if (rc == 0)
        close_port(b);
    close_port(a);
}

static void sending(void)
{
    evtchn_port_t a, b;
    const char *of_a, *of_b;
    long rc;

    new_pair(&a, &b);
    set_pending(b, false);
    quiet_begin();
    rc = send_port(a);
    of_a = bits_of(a);
    of_b = bits_of(b);
    set_pending(b, false);
    quiet_end();
    check_bits("send at the waiting port: the other one", rc, 0, of_b, "pending masked");
    check_bits("send at the waiting port: itself", rc, 0, of_a, "masked");
    quiet_begin();
    rc = send_port(b);
    of_a = bits_of(a);
    of_b = bits_of(b);
    set_pending(a, false);
    quiet_end();
    check_bits("send at the connecting port: the other one", rc, 0, of_a, "pending masked");
    check_bits("send at the connecting port: itself", rc, 0, of_b, "masked");
    close_port(a);
    close_port(b);
}

static void nobody_there(void)
{
    evtchn_port_t a = new_unbound(), b;
    const char *of_a, *of_b;
    long rc;

    quiet_begin();
    rc = send_port(a);
    of_a = bits_of(a);
    quiet_end();
    check_bits("send on an unbound port is lost", rc, 0, of_a, "masked");
    rc = connect(own_domid, a, &b);
    close_port(a);
    quiet_begin();
    set_pending(b, false);
    rc = send_port(b);
    of_a = bits_of(a);
    of_b = bits_of(b);
    quiet_end();
    check_bits("send to a peer that was closed: our port", rc, 0, of_b, "masked");
    check_bits("send to a peer that was closed: its number", rc, 0, of_a, "masked");
    close_port(b);
}

void test_loop(void)
{
    connecting();
    sending();
    nobody_there();
}

static void of_a_pair(void)
{
    evtchn_port_t a, b, c;
    long rc;

    new_pair(&a, &b);
    rc = close_port(b);
    check_state("close the connecting port", rc, 0, "the other is unbound",
                strcmp(kind_of(a), "unbound") == 0 && strcmp(kind_of(b), "closed") == 0);
    check("close it again", close_port(b), -XEN_EINVAL);
    check("bind_interdomain to the other once more", connect(own_domid, a, &c), 0);
    rc = close_port(a);
    check_state("close the waiting port", rc, 0, "the other is unbound",
                strcmp(kind_of(c), "unbound") == 0 && strcmp(kind_of(a), "closed") == 0);
    check("bind_interdomain to the other, from the number that was closed", connect(own_domid, c, &b), 0);
    rc = close_port(b) | close_port(c);
    check_state("close both", rc, 0, "both closed",
                strcmp(kind_of(b), "closed") == 0 && strcmp(kind_of(c), "closed") == 0);
}

struct leftover {
    const char *name;
    bool masked, pending;
    const char *bits, *bits_next;
};

static const struct leftover leftovers[] = {
    { "pending and masked", true, true, "masked", "masked" },
    { "pending and not masked", false, true, "selector upcall", "selector upcall" },
    { "not pending, not masked", false, false, "none", "none" },
};

/* Closing takes the event away, and leaves the mask as it is. */
static void with_event(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(leftovers) / sizeof(leftovers[0]); i++) {
        const struct leftover *l = &leftovers[i];
        evtchn_port_t port = new_ipi(), next;
        const char *closed, *reopened;
        long rc;

        quiet_begin();
        set_masked(port, l->masked);
        if (l->pending)
            send_port(port);
        rc = close_port(port);
        closed = bits_of(port);
        next = new_ipi();
        reopened = bits_of(next);
        set_pending(next, false);
        set_masked(next, true);
        quiet_end();
        check_bits(named("close an IPI port, %s", l->name), rc, 0, closed, l->bits);
        check_bits(named("its next user, %s", l->name), next != port, 0, reopened, l->bits_next);
        close_port(next);
    }
}

/* A bit that the guest set by itself on a port that is closed. */
static void stale_bits(void)
{
    evtchn_port_t port = lowest_free(), got;
    const char *bits;

    quiet_begin();
    set_pending(port, true);
    got = new_ipi();
    bits = bits_of(port);
    set_pending(port, false);
    quiet_end();
    check_bits("bind_ipi of a port whose pending bit the guest had set", got != port, 0, bits,
               "pending masked");
    quiet_begin();
    set_pending(port, true);
    send_port(port);
    set_masked(port, false);
    bits = bits_of(port);
    set_masked(port, true);
    set_pending(port, false);
    quiet_end();
    check_bits("send on a port that is pending already tells nobody", 0, 0, bits, "pending");
    close_port(port);
}

static void waiting_at_the_peer(void)
{
    evtchn_port_t a, b, c;
    const char *bits;
    long rc;

    new_pair(&a, &b);
    quiet_begin();
    set_pending(b, false);
    send_port(b);
    rc = close_port(b);
    bits = bits_of(a);
    quiet_end();
    check_bits("close after a send: the event stays at the peer", rc, 0, bits, "pending masked");
    quiet_begin();
    rc = connect(own_domid, a, &c);
    bits = bits_of(a);
    quiet_end();
    check_bits("bind_interdomain to a port with an event of its last peer", rc, 0, bits, "pending masked");
    close_port(a);
    close_port(c);
}

void test_closing(void)
{
    of_a_pair();
    with_event();
    stale_bits();
    waiting_at_the_peer();
}
