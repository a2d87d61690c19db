/* The hypervisor's debug keys: each prints one thing about the running system, to the log. They run on the
 * CPU that takes the console's interrupt, or that issues the sysctl, with no lock held. */
#include "console/console.h"
#include "cpu/cpu.h"
#include "cpu/panic.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/audit.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "sched/timer.h"

static void key_help(void);

static void key_registers(void)
{
    registers_print(&this_cpu()->guest);
    log_error("CPU %u, current %s%d", cpu_id(), current ? "d" : "none ", current ? current->domain->id : 0);
}

static void print_vcpu(const struct vcpu *v)
{
    static const char *const reasons[] = { "blocked", "down", "paused", "polling", "capped", "shut down" };
    char why[48] = "runnable";
    uint32_t flags = v->sched.flags;

    if (flags)
        why[0] = '\0';
    for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++)
        if (flags >> i & 1)
            snprintf(why + strlen(why), sizeof(why) - strlen(why), "%s%s", why[0] ? "," : "", reasons[i]);
    log_error("    v%u: %s%s, CPU %u, %lu ms used, upcalls %s%s", v->id, v->sched.running ? "running, " : "",
              why, v->sched.cpu, v->sched.time_used / 1000000, v->info->evtchn_upcall_mask ? "masked" : "open",
              v->info->evtchn_upcall_pending ? ", pending" : "");
}

static void key_domains(void)
{
    for (struct domain *d = domain_next(-1); d; ) {
        struct domain *next;

        log_error("d%u: %lu KiB of %lu, %lu KiB idle tables%s%s%s", d->id, d->frames * 4, d->frames_max * 4,
                  d->frames_idle * 4, d->control ? ", control" : "", d->dying ? ", dying" : "",
                  d->shut_down ? ", shut down" : "");
        for (unsigned int i = 0; i < d->vcpu_count; i++)
            print_vcpu(d->vcpus[i]);
        next = domain_next(d->id);
        domain_put(d);
        d = next;
    }
}

static void key_memory(void)
{
    log_error("memory: %lu KiB in all, %lu KiB free", frame_total * 4, heap_free_frames() * 4);
}

static void key_audit(void)
{
    long wrong = frame_audit();

    if (wrong < 0)
        log_error("frame audit: no memory for it");
    else
        log_error("frame audit: %ld wrong", wrong);
}

static void key_time(void)
{
    uint64_t now = now_ns();

    log_error("system time %lu.%09lu s, TSC %lx, %u kHz", now / 1000000000, now % 1000000000, rdtsc(),
              tsc_khz());
}

static void key_events(void)
{
    static const char *const states[] = { "free", "reserved", "unbound", "interdomain", "pirq", "virq", "ipi" };

    for (struct domain *d = domain_next(-1); d; ) {
        struct domain *next;

        spin_lock(&d->event_lock);
        for (uint32_t port = 1; port < d->channel_count; port++) {
            const struct evtchn *ch = &d->channels[port];

            if (ch->state != EVTCHN_FREE)
                log_error("d%u port %u: %s, value %u, remote d%u, v%u%s", d->id, port, states[ch->state], ch->value,
                          ch->remote_domid, ch->vcpu, event_port_pending(d, port) ? ", pending" : "");
        }
        spin_unlock(&d->event_lock);
        next = domain_next(d->id);
        domain_put(d);
        d = next;
    }
}

static void key_crash(void)
{
    panic("asked for by a debug key");
}

static void key_reboot(void)
{
    machine_reboot();
}

static const struct { char key; void (*fn)(void); const char *what; } keys[] = {
    { 'h', key_help, "this help" },
    { 'd', key_registers, "registers of this CPU's guest" },
    { 'q', key_domains, "domains and their vcpus" },
    { 'm', key_memory, "memory" },
    { 'a', key_audit, "audit of the frame table (stops everybody meanwhile)" },
    { 't', key_time, "time" },
    { 'e', key_events, "event channels" },
    { 'C', key_crash, "panic" },
    { 'R', key_reboot, "reboot the machine" },
};

static void key_help(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        log_error("  %c  %s", keys[i].key, keys[i].what);
}

void debug_key(char key)
{
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (keys[i].key == key)
            keys[i].fn();
}
