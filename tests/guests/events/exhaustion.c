/* exhaustion.c: a table that fills up. The class of bug: the limit off by one, an error path that undoes
 * what it did not do, a port that is lost. */
#include "events.h"

#include <string.h>

static evtchn_port_t fill(unsigned int *opened)
{
    evtchn_port_t port, last = 0;

    for (*opened = 0; (port = new_unbound()) != 0; (*opened)++)
        last = port;
    return last;
}

static void full(evtchn_port_t last)
{
    static const unsigned int virqs[] = { VIRQ_DEBUG, VIRQ_TBUF, VIRQ_CON_RING, VIRQ_ARGO, VIRQ_ENOMEM };
    evtchn_port_t port;
    unsigned int i;

    check("alloc_unbound, no port left, XSA-317", alloc_for(DOMID_SELF, DOMID_SELF, &port), -XEN_ENOSPC);
    check("bind_interdomain, no port left", connect(own_domid, last, &port), -XEN_ENOSPC);
    check("bind_interdomain to a wrong port, no port left", connect(own_domid, BEYOND, &port), -XEN_ENOSPC);
    check("bind_ipi, no port left", bind_ipi(0, &port), -XEN_ENOSPC);
    for (i = 0; i < sizeof(virqs) / sizeof(virqs[0]); i++)
        check(named("bind_virq %u, no port left, XSA-496", virqs[i]), bind_virq(virqs[i], 0, &port),
              -XEN_ENOSPC);
    check("bind_virq of VIRQ_TIMER, bound already, no port left", bind_virq(VIRQ_TIMER, 0, &port),
          -XEN_EEXIST);
    check_text_state("kind of the last port", kind_of(last), "unbound", "one behind it is none",
                     strcmp(kind_of(last + 1), "none") == 0);
    check("close it", close_port(last), 0);
    for (i = 0; i < sizeof(virqs) / sizeof(virqs[0]); i++) {
        long rc = bind_virq(virqs[i], 0, &port);

        check_state(named("bind_virq %u, one port left, XSA-496", virqs[i]), rc, 0, "that one", port == last);
        close_port(last);
    }
    port = new_unbound();
    check_state("alloc_unbound, one port left", port != 0, 1, "that one", port == last);
}

/* Among holes in the table the lowest is taken. */
static void holes(evtchn_port_t first, evtchn_port_t last)
{
    evtchn_port_t middle = (first + last) / 2, got[3];

    close_port(last);
    close_port(first);
    close_port(middle);
    got[0] = new_unbound();
    got[1] = new_ipi();
    got[2] = new_unbound();
    check_state("three ports closed, three opened", got[0] && got[1] && got[2], 1, "by rising number",
                got[0] == first && got[1] == middle && got[2] == last);
}

/* The initial domain has four times as many ports as a domU, and Xen takes long to look for a free one among
 * them: there only the order is tried, on some. */
static evtchn_port_t some(unsigned int *opened)
{
    evtchn_port_t last = 0;

    for (*opened = 0; *opened < 150; (*opened)++)
        last = new_unbound();
    return last;
}

void test_exhaustion(void)
{
    evtchn_port_t first = lowest_free(), last, port;
    bool initial = pv_is_control_domain();
    unsigned int opened;
    long rc = 0;

    last = initial ? some(&opened) : fill(&opened);
    check_state("ports were opened in a row", opened > 0, 1, "each the next one", last == first + opened - 1);
    if (!initial) {
        check("number of the last port", last, 1023);
        full(last);
    }
    holes(first, last);
    for (port = first; port <= last; port++)
        rc = rc ? rc : close_port(port);
    check("close all of them", rc, 0);
    port = lowest_free();
    check_state("alloc_unbound afterwards", port != 0, 1, "the first one again", port == first);
}
