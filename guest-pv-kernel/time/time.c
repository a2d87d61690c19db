/* time.c: system time from the shared record, wall-clock time, and the vcpu's single-shot timer. */
#include "internal.h"
#include "time/pvclock.h"

#include <xen/vcpu.h>
#include <pv/console.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/start.h>
#include <pv/thread.h>
#include <pv/time.h>

static uint64_t latest;       /* time never goes back, whatever the record says */
static uint64_t armed = UINT64_MAX;

static uint64_t read_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* The hypervisor makes `version` odd while it writes, and different afterwards. */
uint64_t pv_now_ns(void)
{
    const volatile struct vcpu_time_info *t = &pv_shared_info->vcpu_info[0].time;
    uint32_t version;
    uint64_t now;

    do {
        version = t->version;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        now = pvclock_at(read_tsc(), t->tsc_timestamp, t->system_time, t->tsc_to_system_mul, t->tsc_shift);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while ((version & 1) || version != t->version);
    if (now < latest)
        return latest;
    latest = now;
    return now;
}

uint64_t pv_wall_ns(void)
{
    const volatile shared_info_t *s = pv_shared_info;
    uint32_t version;
    uint64_t then;

    do {
        version = s->wc_version;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        then = ((uint64_t)s->wc_sec_hi << 32 | s->wc_sec) * PV_NS_PER_SEC + s->wc_nsec;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while ((version & 1) || version != s->wc_version);
    return then + pv_now_ns();
}

/* Being interrupted is all that the timer is for: the scheduler looks at its deadlines itself. */
static void on_timer(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    armed = UINT64_MAX;
}

void pv_time_init(void)
{
    int port;

    HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    port = pv_event_bind_virq(VIRQ_TIMER, on_timer, NULL);
    if (port < 0)
        pv_panic("VIRQ_TIMER cannot be bound: %d", port);
}

void pv_time_arm(uint64_t deadline_ns)
{
    if (deadline_ns == armed)
        return;
    armed = deadline_ns;
    HYPERVISOR_set_timer_op(deadline_ns == UINT64_MAX ? 0 : deadline_ns);
}

void pv_sleep_ns(uint64_t ns)
{
    struct pv_waitq nobody_wakes = PV_WAITQ_INIT;
    uint64_t now = pv_now_ns();
    uint64_t deadline = ns < UINT64_MAX - 1 - now ? now + ns : UINT64_MAX - 1;

    while (pv_wait(&nobody_wakes, deadline))
        continue;
}
