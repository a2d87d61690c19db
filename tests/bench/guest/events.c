/* events.c: an event to ourselves: only noted, noted with upcalls off, and delivered. */
#include "bench.h"

#include <pv/event.h>

static struct evtchn_send to_us;

static void clear_pending(void)
{
    struct vcpu_info *v = &pv_shared_info->vcpu_info[0];

    __atomic_fetch_and(&pv_shared_info->evtchn_pending[0], ~(1UL << to_us.port), __ATOMIC_RELAXED);
    v->evtchn_upcall_pending = 0;
    v->evtchn_pending_sel = 0;
}

static uint32_t send(void)
{
    struct call c = CALL(event_channel_op, .a1 = EVTCHNOP_send, .a2 = (uint64_t)&to_us);

    return cost(&c);
}

static uint32_t send_masked(void)
{
    uint32_t ticks;

    pv_event_mask(to_us.port);
    ticks = send();
    if (!(pv_shared_info->evtchn_pending[0] >> to_us.port & 1))
        fail("the masked event is not pending");
    clear_pending();
    pv_event_unmask(to_us.port);
    return ticks;
}

static uint32_t send_upcalls_off(void)
{
    struct vcpu_info *v = &pv_shared_info->vcpu_info[0];
    uint32_t ticks;

    v->evtchn_upcall_mask = 1;
    ticks = send();
    if (!v->evtchn_upcall_pending)
        fail("no upcall is pending");
    clear_pending();
    v->evtchn_upcall_mask = 0;
    return ticks;
}

static uint32_t send_delivered(void)
{
    uint32_t ticks = send();

    if (pv_shared_info->evtchn_pending[0] >> to_us.port & 1)
        fail("the event was not delivered");
    return ticks;
}

static void ignore(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
}

void bench_events(void)
{
    int port = pv_event_bind_ipi(ignore, NULL);

    if (port <= 0 || port >= 64)
        fail("bind_ipi: %d", port);
    to_us.port = (evtchn_port_t)port;
    group("events");
    bench("event to oneself, masked", send_masked);
    bench("event to oneself, upcalls off", send_upcalls_off);
    upcalls_by(upcall_by_hypercall, to_us.port);
    bench("event to oneself, upcall, iret", send_delivered);
    upcalls_by_kit();
    pv_event_close((evtchn_port_t)port);
}
