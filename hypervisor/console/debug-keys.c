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
#undef current  /* here the member of struct cpu_info is meant */

static void key_help(void);

static void for_each_domain(void (*fn)(struct domain *d))
{
    struct domain *d = domain_next(-1);

    while (d) {
        struct domain *next;

        fn(d);
        next = domain_next(d->id);
        domain_put(d);
        d = next;
    }
}

/* ---- processors ---- */

static const char *mode_name(const struct vcpu *v)
{
    return v->kernel_mode ? "kernel" : "user mode";
}

static void print_cpu(unsigned int id)
{
    const struct cpu_info *info = cpu_info_of(id);
    const struct vcpu *v = info->current;

    if (!v) {
        log_error("CPU %u: idle, work %x", id, info->work);
        return;
    }
    log_error("CPU %u: d%uv%u in its %s, work %x", id, v->domain->id, v->id, mode_name(v), info->work);
    registers_print(&info->guest);
}

/* The others hold still meanwhile, so that what is printed belongs together. */
static void key_registers(void)
{
    cpu_stop_others();
    for (unsigned int id = 0; id < cpu_count; id++)
        print_cpu(id);
    cpu_resume_others();
}

/* ---- domains ---- */

static void print_flags(char *buf, size_t size, uint32_t flags)
{
    static const char *const reasons[] = { "blocked", "down", "paused", "polling", "capped" };
    size_t used = 0;

    if (!flags)
        strlcpy(buf, "runnable", size);
    for (unsigned int i = 0; i < ARRAY_SIZE(reasons) && used < size; i++)
        if (flags >> i & 1)
            used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "," : "", reasons[i]);
}

static void print_vcpu(const struct vcpu *v)
{
    char flags[48];

    print_flags(flags, sizeof(flags), v->sched.flags);
    log_error("    v%u: %s%s, CPU %u, %lu ms used, upcalls %s%s", v->id, v->sched.running ? "running, " : "",
              flags, v->sched.cpu, v->sched.time_used / 1000000,
              v->info->evtchn_upcall_mask ? "masked" : "open",
              v->info->evtchn_upcall_pending ? ", pending" : "");
    if (!v->sched.running)
        log_error("        rip %016lx rsp %016lx in its %s", v->regs.rip, v->regs.rsp, mode_name(v));
}

static void print_domain(struct domain *d)
{
    log_error("d%u: %lu KiB, %lu KiB of that idle tables%s%s%s", d->id, d->frames * 4, d->frames_idle * 4,
              d->control ? ", control" : "", d->dying ? ", dying" : "", d->shut_down ? ", shut down" : "");
    for (unsigned int i = 0; i < d->vcpu_count; i++)
        print_vcpu(d->vcpus[i]);
}

static void key_domains(void)
{
    for_each_domain(print_domain);
}

/* ---- memory ---- */

static void key_memory(void)
{
    log_error("memory: %lu KiB in all, %lu KiB free", frame_total * 4, heap_free_frames() * 4);
}

static void key_audit(void)
{
    long wrong = frame_audit();

    if (wrong < 0)
        log_error("no audit: error %ld", -wrong);
    else
        log_error("audit: %ld wrong", wrong);
}

static void print_pin(uint64_t frame, unsigned int pins)
{
    log_error("    frame %lx, %u pins", frame, pins);
}

static void print_grants(struct domain *d)
{
    log_error("d%u: %u grant frames; grants in use:", d->id, grant_frames(d));
    grant_for_each_pin(d, print_pin);
}

static void key_grants(void)
{
    for_each_domain(print_grants);
}

/* ---- events, time ---- */

static void print_ports(struct domain *d)
{
    static const char *const states[] = {
        "free", "reserved", "unbound", "interdomain", "pirq", "virq", "ipi",
    };

    spin_lock(&d->event_lock);
    for (uint32_t port = 1; port < d->channel_count; port++) {
        const struct evtchn *ch = &d->channels[port];

        if (ch->state != EVTCHN_FREE)
            log_error("d%u port %u: %s %u, remote d%u, v%u%s", d->id, port, states[ch->state], ch->value,
                      ch->remote_domid, ch->vcpu, event_port_pending(d, port) ? ", pending" : "");
    }
    spin_unlock(&d->event_lock);
}

static void key_events(void)
{
    for_each_domain(print_ports);
}

static void key_time(void)
{
    uint64_t now = now_ns();

    log_error("system time %lu.%09lu s, TSC %lx, %u kHz", now / 1000000000, now % 1000000000, rdtsc(),
              tsc_khz());
}

/* ---- the machine ---- */

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
    { 'd', key_registers, "what each CPU does, with registers (the others hold still meanwhile)" },
    { 'q', key_domains, "domains and their vcpus" },
    { 'm', key_memory, "memory" },
    { 'a', key_audit, "audit of the frame table (everybody holds still meanwhile)" },
    { 'g', key_grants, "grants in use" },
    { 'e', key_events, "event channels" },
    { 't', key_time, "time" },
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
