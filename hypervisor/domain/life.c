/* Pause, shutdown, crash. */
#include <stdarg.h>
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "lib/lib.h"

static void each_vcpu(struct domain *d, void (*fn)(struct vcpu *, uint32_t), uint32_t flags)
{
    for (unsigned int i = 0; i < d->vcpu_count; i++)
        fn(d->vcpus[i], flags);
}

void domain_pause_nosync(struct domain *d)
{
    if (atomic_fetch_add(&d->pause_count, 1) == 0)
        each_vcpu(d, vcpu_set_flags, VCPU_PAUSED);
}

void domain_pause(struct domain *d)
{
    domain_pause_nosync(d);
    for (unsigned int i = 0; i < d->vcpu_count; i++)
        vcpu_sync(d->vcpus[i]);
}

void domain_unpause(struct domain *d)
{
    if (atomic_fetch_sub(&d->pause_count, 1) == 1)
        each_vcpu(d, vcpu_clear_flags, VCPU_PAUSED);
}

static const char *reason_name(unsigned int reason)
{
    static const char *const names[] = { "power-off", "reboot", "suspend", "crash", "watchdog",
                                         "soft-reset" };

    return reason < ARRAY_SIZE(names) ? names[reason] : "unknown reason";
}

/* The control domain holds everything together: when it goes, the machine goes. */
static noreturn void machine_shutdown(unsigned int reason)
{
    log_info("control domain: %s", reason_name(reason));
    if (reason == SHUTDOWN_poweroff)
        machine_power_off();
    machine_reboot();
}

void domain_shutdown(struct domain *d, unsigned int reason)
{
    int none = -1;

    if (d == first_domain)
        machine_shutdown(reason);
    /* A reason given before (SCHEDOP_shutdown_code) stands. */
    (void)atomic_compare_exchange_strong(&d->shutdown_code, &none, (int)reason);
    if (atomic_exchange(&d->shut_down, true))
        return;
    each_vcpu(d, vcpu_set_flags, VCPU_SHUT_DOWN);
    event_send_global_virq(VIRQ_DOM_EXC);
}

void vcpu_send_nmi(struct vcpu *v)
{
    if (atomic_exchange(&v->nmi_pending, true))
        return;
    vcpu_wake(v);
    if (v->sched.running)
        cpu_kick(v->sched.cpu, WORK_NMI);
}

void domain_resume(struct domain *d)
{
    if (!atomic_exchange(&d->shut_down, false))
        return;
    d->shutdown_code = -1;
    each_vcpu(d, vcpu_clear_flags, VCPU_SHUT_DOWN);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    const struct cpu_user_regs *r = &this_cpu()->guest;
    char why[160];
    va_list ap;

    if (d->shut_down)
        return;
    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    guest_log(d, "crashed: %s", why);
    if (current && current->domain == d) {
        guest_log(d, "vcpu %u %s rip %lx rsp %lx flags %lx cs %x ss %x", current->id,
                  current->kernel_mode ? "kernel" : "user", r->rip, r->rsp, r->rflags, r->cs, r->ss);
        guest_log(d, "rax %lx rbx %lx rcx %lx rdx %lx rsi %lx rdi %lx rbp %lx", r->rax, r->rbx, r->rcx,
                  r->rdx, r->rsi, r->rdi, r->rbp);
    }
    domain_shutdown(d, SHUTDOWN_crash);
}
