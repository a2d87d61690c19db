/* poll.c: SCHEDOP_poll and SCHEDOP_block: what wakes, what does not, and ports that can't be waited for. The
 * class of bug: a wake-up lost between the look and the sleep, a port used as an index unchecked. */
#include "events.h"

#include <xen/sched.h>

#define MANY 128    /* as many ports as one call takes */
#define SOON (20 * PV_NS_PER_MS)
#define LATE (10 * PV_NS_PER_SEC)

static evtchn_port_t ports[MANY + 1];

static long poll_until(evtchn_port_t *list, unsigned int n, uint64_t timeout)
{
    struct sched_poll poll = { .nr_ports = n, .timeout = timeout };

    set_xen_guest_handle(poll.ports, list);
    return HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
}

/* A case that must not wait: the answer, and that it came long before the timeout. */
static void at_once(const char *name, evtchn_port_t *list, unsigned int n, long want)
{
    uint64_t before = pv_now_ns();
    long rc = poll_until(list, n, before + LATE);

    check_state(name, rc, want, "at once", pv_now_ns() - before < LATE / 2);
}

/* Polls for what does not come, until the timeout, as other events may end a poll early. False if it did not
 * wait at all. */
static bool polled_in_vain(evtchn_port_t *list, unsigned int n, long *rc)
{
    uint64_t end = pv_now_ns() + SOON;
    unsigned int tries = 0;

    do
        *rc = poll_until(list, n, end);
    while (*rc == 0 && pv_now_ns() < end && ++tries < 1000);
    return pv_now_ns() >= end;
}

static void waits(const char *name, evtchn_port_t *list, unsigned int n)
{
    long rc;
    bool waited = polled_in_vain(list, n, &rc);

    check_state(name, rc, 0, "at its timeout", waited);
}

static void lists(void)
{
    evtchn_port_t one[2] = { ports[0], BEYOND };
    struct sched_poll poll = { .nr_ports = 1 };

    at_once("poll, the port is pending", ports, 1, 0);
    at_once("poll of 128 ports, the first is pending", ports, MANY, 0);
    at_once("poll of 129 ports", ports, MANY + 1, -XEN_EINVAL);
    at_once("poll of 0xffffffff ports", ports, ~0U, -XEN_EINVAL);
    at_once("poll, a pending port before one beyond every table", one, 2, 0);
    one[0] = ports[1];
    at_once("poll, a port without event before one beyond every table", one, 2, -XEN_EINVAL);
    one[0] = BEYOND;
    one[1] = ports[0];
    at_once("poll, a port beyond every table before a pending one", one, 2, -XEN_EINVAL);
    one[0] = 4096;
    at_once("poll of port 4096", one, 1, -XEN_EINVAL);
    at_once("poll, ports not mapped", UNMAPPED, 1, -XEN_EFAULT);
    at_once("poll, the hypervisor's ports", HYPERVISOR_SPACE, 1, -XEN_EFAULT);
    at_once("poll, ports not canonical", NON_CANONICAL, 1, -XEN_EFAULT);
    check("poll, argument not mapped", HYPERVISOR_sched_op(SCHEDOP_poll, UNMAPPED), -XEN_EFAULT);
    check("poll, the hypervisor's argument", HYPERVISOR_sched_op(SCHEDOP_poll, HYPERVISOR_SPACE),
          -XEN_EFAULT);
    poll.timeout = 1;
    set_xen_guest_handle(poll.ports, ports + 1);
    check("poll, timeout long past", HYPERVISOR_sched_op(SCHEDOP_poll, &poll), 0);
    poll.timeout = 0;
    set_xen_guest_handle(poll.ports, ports);
    check("poll without timeout, the port is pending", HYPERVISOR_sched_op(SCHEDOP_poll, &poll), 0);
}

static void last_of_many(void)
{
    set_pending(ports[0], false);
    send_port(ports[MANY - 1]);
    at_once("poll of 128 ports, the last is pending", ports, MANY, 0);
    set_pending(ports[MANY - 1], false);
}

void test_polling(void)
{
    unsigned int i;

    for (i = 0; i <= MANY; i++)
        ports[i] = new_ipi();
    send_port(ports[0]);    /* masked: it stays pending */
    lists();
    last_of_many();
    for (i = 0; i <= MANY; i++)
        close_port(ports[i]);
}

static volatile unsigned int count;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    count++;
}

static void timeouts(void)
{
    evtchn_port_t port = new_ipi(), closed = lowest_free();

    waits("poll of no ports", NULL, 0);
    waits("poll of a port without event", &port, 1);
    at_once("poll of a closed port, XSA-221", &closed, 1, -XEN_EINVAL);
    set_masked(port, false);
    waits("poll of a port without event that is not masked", &port, 1);
    set_masked(port, true);
    set_pending(port, true);
    at_once("poll of a port whose pending bit the guest set", &port, 1, 0);
    set_pending(port, false);
    close_port(port);
}

/* With an upcall due poll does not wait, whatever it polls; with upcalls masked it does. */
static void with_upcalls(void)
{
    int bound = pv_event_bind_ipi(on_event, NULL);
    evtchn_port_t port = (evtchn_port_t)bound, other = new_ipi();
    uint64_t before = pv_now_ns();
    bool waited;
    long rc;

    count = 0;
    quiet_begin();
    set_masked(port, false);
    send_port(port);
    rc = poll_until(&port, 1, before + LATE);
    quiet_end();
    check_state("poll with upcalls masked, the port is pending and not masked", rc, 0,
                "at once, delivered afterwards",
                count == 1 && pv_now_ns() - before < LATE / 2);
    quiet_begin();
    set_masked(port, false);
    send_port(port);
    waited = polled_in_vain(&other, 1, &rc);
    quiet_end();
    check_state("poll of another port with upcalls masked and one due", rc, 0,
                "at its timeout, then delivered",
                waited && count == 2);
    close_port(other);
    pv_event_close(port);
}

/* SCHEDOP_block lets upcalls through first, in one step with going to sleep. */
static void blocking(void)
{
    int bound = pv_event_bind_ipi(on_event, NULL);
    uint64_t before = pv_now_ns();
    bool on = pv_upcalls_disable();
    long rc;

    count = 0;
    send_port((evtchn_port_t)bound);
    HYPERVISOR_set_timer_op(before + LATE);    /* something ends the sleep if there is one */
    rc = HYPERVISOR_sched_op(SCHEDOP_block, NULL);
    check_state("block with an upcall due and masked", rc, 0, "at once, delivered, upcalls not masked",
                count == 1 && pv_now_ns() - before < LATE / 2 && vcpu0()->evtchn_upcall_mask == 0);
    pv_upcalls_disable();
    before = pv_now_ns();
    HYPERVISOR_set_timer_op(before + SOON);
    do
        rc = HYPERVISOR_sched_op(SCHEDOP_block, NULL);
    while (rc == 0 && pv_now_ns() < before + SOON);
    check_state("block with upcalls masked and none due", rc, 0, "until the timer's upcall, not masked",
                count == 1 && vcpu0()->evtchn_upcall_mask == 0);
    pv_upcalls_restore(on);
    pv_event_close((evtchn_port_t)bound);
}

void test_waiting(void)
{
    timeouts();
    with_upcalls();
    blocking();
}
