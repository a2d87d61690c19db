/* What guests see of time: the record in vcpu_info, run states, and their timers. */
#include <xen/errno.h>
#include <xen/vcpu.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"
#include "memory/pagetable.h"
#include "sched/runstate.h"

#define PERIODIC_DEFAULT_NS 10000000UL
#define PERIODIC_MIN_NS     1000000UL
#define TIME_REFRESH_NS     50000000UL  /* some guests wait until the record changes once */

void runstate_set(struct vcpu *v, int state, uint64_t now)
{
    struct vcpu_runstate_info *r = &v->sched.runstate;

    if (now > r->state_entry_time)
        r->time[r->state] += now - r->state_entry_time;
    r->state_entry_time = now;
    r->state = state;
}

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
    uint64_t now = now_ns();

    *out = v->sched.runstate;
    if (now > out->state_entry_time)
        out->time[out->state] += now - out->state_entry_time;
}

/* Records in guest memory are written as the guest kernel itself would write them, through its page
 * tables: without a lock that a sibling may hold for long, and nowhere else. What can't be written isn't.
 * v is current; interrupted in user mode, its kernel's tables have to be there meanwhile. */
static void write_record(struct vcpu *v, uint64_t at, const void *record, size_t n)
{
    bool user = !v->kernel_mode;
    size_t left;

    if (user)
        guest_toggle_mode(v);
    left = copy_to_guest_bytes(guest_addr(at), record, n);
    (void)left;
    if (user)
        guest_toggle_mode(v);
}

void runstate_publish(struct vcpu *v)
{
    struct vcpu_runstate_info r = v->sched.runstate;
    uint64_t at = v->runstate_area.a, stamp = at + offsetof(struct vcpu_runstate_info, state_entry_time);

    if (!at)
        return;
    /* Who asked for it sees from the flag that the record is just being written. */
    if (v->domain->vm_assist & (1U << VMASST_TYPE_runstate_update_flag)) {
        r.state_entry_time |= XEN_RUNSTATE_UPDATE;
        write_record(v, stamp, &r.state_entry_time, sizeof(r.state_entry_time));
        write_record(v, at, &r, sizeof(r));
        r.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
        write_record(v, stamp, &r.state_entry_time, sizeof(r.state_entry_time));
    } else {
        write_record(v, at, &r, sizeof(r));
    }
}

void vcpu_update_time(struct vcpu *v, bool force)
{
    volatile struct vcpu_time_info *t = &v->info->time;
    uint64_t tsc = rdtsc(), now = tsc_to_ns(tsc);

    if (!force && v->time_version_tsc && now - tsc_to_ns(v->time_version_tsc) < TIME_REFRESH_NS)
        return;
    v->time_version_tsc = tsc;
    v->time_version = (v->time_version + 2) & ~1U;
    /* Odd while it changes. The guest may scribble here: what we count with is our own. */
    t->version = v->time_version | 1;
    atomic_thread_fence(memory_order_seq_cst);
    t->tsc_timestamp = tsc;
    t->system_time = now;
    t->tsc_to_system_mul = time_scale.mul;
    t->tsc_shift = time_scale.shift;
    t->flags = cpu_features.tsc_invariant ? XEN_PVCLOCK_TSC_STABLE_BIT : 0;
    atomic_thread_fence(memory_order_seq_cst);
    t->version = v->time_version + 2;
    if (v->time_area.a) {
        struct vcpu_time_info copy = v->info->time;

        write_record(v, v->time_area.a, &copy, sizeof(copy));
    }
}

void domain_update_wallclock(struct domain *d)
{
    volatile struct shared_info *s = d->shared_info;
    uint32_t ns, version;
    uint64_t seconds = wallclock_boot_seconds(&ns) + (uint64_t)d->time_offset_seconds;

    if (!s)
        return;     /* its end is over */
    version = s->wc_version | 1;

    s->wc_version = version;
    atomic_thread_fence(memory_order_seq_cst);
    s->wc_sec = (uint32_t)seconds;
    s->wc_sec_hi = (uint32_t)(seconds >> 32);
    s->wc_nsec = ns;
    atomic_thread_fence(memory_order_seq_cst);
    s->wc_version = version + 1;
}

static void singleshot_over(void *arg)
{
    event_send_virq(arg, VIRQ_TIMER);
}

static void poll_over(void *arg)
{
    vcpu_wake(arg);
}

static void periodic_over(void *arg)
{
    struct vcpu *v = arg;

    event_send_virq(v, VIRQ_TIMER);
    v->sched.periodic_last = now_ns();
    if (v->periodic_ns && v == current)
        timer_set(&v->periodic, v->sched.periodic_last + v->periodic_ns);
}

void vcpu_periodic_start(struct vcpu *v, uint64_t now)
{
    if (!v->periodic_ns)
        return;
    if (now - v->sched.periodic_last >= v->periodic_ns)
        periodic_over(v);
    else
        timer_set(&v->periodic, v->sched.periodic_last + v->periodic_ns);
}

void vcpu_timers_init(struct vcpu *v)
{
    timer_init(&v->singleshot, singleshot_over, v);
    timer_init(&v->periodic, periodic_over, v);
    timer_init(&v->poll_timer, poll_over, v);
    v->periodic_ns = PERIODIC_DEFAULT_NS;
}

void vcpu_timers_stop(struct vcpu *v)
{
    timer_stop(&v->singleshot);
    timer_stop(&v->periodic);
    timer_stop(&v->poll_timer);
}

long hypercall_set_timer_op(uint64_t timeout)
{
    struct vcpu *v = current;

    if (timeout == 0)
        timer_stop(&v->singleshot);
    else    /* what looks negative is the past of a guest that computes with signed time: fires at once */
        timer_set(&v->singleshot, (int64_t)timeout < 0 ? 0 : timeout);
    return 0;
}

static long set_singleshot(struct vcpu *v, guest_addr_t arg)
{
    struct vcpu_set_singleshot_timer op;

    if (v != current)
        return refuse(-XEN_EINVAL, "set_singleshot_timer: of another vcpu");
    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "set_singleshot_timer: argument");
    /* VCPU_SSHOTTMR_future makes no difference: Xen 4.17 fires at once too. */
    timer_set(&v->singleshot, op.timeout_abs_ns);
    return 0;
}

static long set_periodic(struct vcpu *v, guest_addr_t arg)
{
    struct vcpu_set_periodic_timer op;

    if (copy_from_guest(&op, arg, sizeof(op)))
        return refuse(-XEN_EFAULT, "set_periodic_timer: argument");
    if (op.period_ns < PERIODIC_MIN_NS || op.period_ns > INT64_MAX / 2)
        return refuse(-XEN_EINVAL, "set_periodic_timer: %lu ns", op.period_ns);
    v->periodic_ns = op.period_ns;
    if (v == current)
        vcpu_periodic_start(v, now_ns());
    return 0;
}

static long get_runstate(struct vcpu *v, guest_addr_t arg)
{
    struct vcpu_runstate_info r;

    vcpu_runstate_get(v, &r);
    return copy_to_guest(arg, &r, sizeof(r)) ? -XEN_EFAULT : 0;
}

/* The ABI passes a structure that holds the address. */
static long register_area(guest_addr_t arg, size_t size, guest_addr_t *area)
{
    uint64_t va;

    if (copy_from_guest(&va, arg, sizeof(va)))
        return refuse(-XEN_EFAULT, "memory area: argument");
    if (!guest_range_ok(va, size))
        return refuse(-XEN_EFAULT, "memory area: address %lx", va);
    *area = guest_addr(va);
    return 0;
}

static long register_runstate(struct vcpu *v, guest_addr_t arg)
{
    long rc = register_area(arg, sizeof(struct vcpu_runstate_info), &v->runstate_area);

    if (rc == 0 && v == current)
        runstate_publish(v);
    return rc;
}

static long register_time(struct vcpu *v, guest_addr_t arg)
{
    long rc = register_area(arg, sizeof(struct vcpu_time_info), &v->time_area);

    if (rc == 0 && v == current)
        vcpu_update_time(v, true);
    return rc;
}

long vcpu_op_timer(struct vcpu *v, uint32_t cmd, guest_addr_t arg)
{
    switch (cmd) {
    case VCPUOP_set_singleshot_timer:
        return set_singleshot(v, arg);
    case VCPUOP_stop_singleshot_timer:
        if (v != current)
            return -XEN_EINVAL;
        timer_stop(&v->singleshot);
        return 0;
    case VCPUOP_set_periodic_timer:
        return set_periodic(v, arg);
    case VCPUOP_stop_periodic_timer:
        v->periodic_ns = 0;
        timer_stop(&v->periodic);
        return 0;
    case VCPUOP_get_runstate_info:
        return get_runstate(v, arg);
    case VCPUOP_register_runstate_memory_area:
        return register_runstate(v, arg);
    case VCPUOP_register_vcpu_time_memory_area:
        return register_time(v, arg);
    default:
        return -XEN_ENOSYS;
    }
}
