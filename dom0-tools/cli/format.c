/* format.c: table lines. The widths are xl's, because scripts cut these columns. */
#include "format.h"

#include <inttypes.h>
#include <string.h>

#include <xen/sched.h>

#define NS_PER_SECOND 1000000000u

void format_list_header(FILE *out, bool verbose)
{
    fprintf(out, "%-40s%6s%6s%6s\t%s\t%s", "Name", "ID", "Mem", "VCPUs", "State", "Time(s)");
    if (verbose)
        fprintf(out, "   %-36s %s", "UUID", "Reason");
    fputc('\n', out);
}

void format_state(const struct domain_status *d, char text[7])
{
    static const char reasons[] = "-rscwS";
    bool down = d->state & (DOMAIN_SHUTDOWN | DOMAIN_CRASHED);
    unsigned reason = down && d->shutdown_reason > 0 ? (unsigned)d->shutdown_reason : 0;

    text[0] = d->state & DOMAIN_RUNNING ? 'r' : '-';
    text[1] = d->state & DOMAIN_BLOCKED ? 'b' : '-';
    text[2] = d->state & DOMAIN_PAUSED ? 'p' : '-';
    text[3] = down ? 's' : '-';
    text[4] = reason < sizeof(reasons) - 1 ? reasons[reason] : '?';
    text[5] = d->state & DOMAIN_DYING ? 'd' : '-';
    text[6] = '\0';
}

const char *format_shutdown_reason(int reason)
{
    switch (reason) {
    case -1:                  return "none";
    case SHUTDOWN_poweroff:   return "poweroff";
    case SHUTDOWN_reboot:     return "reboot";
    case SHUTDOWN_suspend:    return "suspend";
    case SHUTDOWN_crash:      return "crash";
    case SHUTDOWN_watchdog:   return "watchdog";
    case SHUTDOWN_soft_reset: return "soft_reset";
    default:                  return "unknown";
    }
}

const char *format_name(const char *name, char *text, size_t size)
{
    snprintf(text, size, "%s", name[0] ? name : "-");
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return text;
}

/* Seconds with one decimal, rounded half up: the text of xl's %.1f without the detour through a float. */
static void put_seconds(FILE *out, int width, uint64_t ns)
{
    uint64_t tenths = (ns + NS_PER_SECOND / 20) / (NS_PER_SECOND / 10);

    fprintf(out, "%*" PRIu64 ".%u", width - 2, tenths / 10, (unsigned)(tenths % 10));
}

void format_list_row(FILE *out, const struct domain_status *d, bool verbose)
{
    char name[CONFIG_NAME_SIZE], state[7], uuid[37];

    format_state(d, state);
    fprintf(out, "%-40s %5u %5" PRIu64 " %5u     %s  ", format_name(d->name, name, sizeof(name)),
            (unsigned)d->domid, d->memory_kib / 1024, d->vcpus, state);
    put_seconds(out, 8, d->cpu_time_ns);
    if (verbose) {
        config_uuid_text(d->uuid, uuid);
        fprintf(out, "   %s %s", uuid, format_shutdown_reason(d->shutdown_reason));
    }
    fputc('\n', out);
}

void format_vcpu_header(FILE *out)
{
    fprintf(out, "%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State", "Time(s)",
            "Affinity (Hard / Soft)");
}

void format_vcpu_row(FILE *out, const char *name, domid_t domid, const struct vcpu_status *v, unsigned cpus)
{
    char shown[CONFIG_NAME_SIZE], set[160];

    fprintf(out, "%-32s %5u %5u", format_name(name, shown, sizeof(shown)), (unsigned)domid, v->vcpu);
    if (v->online)
        fprintf(out, " %5u   %c%c- ", v->cpu, v->running ? 'r' : '-', v->blocked ? 'b' : '-');
    else
        fprintf(out, "%5c   --p ", '-');
    put_seconds(out, 9, v->cpu_time_ns);
    /* The schedulers that Enso and its tools know have no soft affinity: it is always every CPU. */
    fprintf(out, "  %s / all\n", format_cpus(&v->affinity, cpus, set, sizeof(set)));
}

static bool has_cpu(const struct config_cpus *set, unsigned cpu)
{
    return cpu < CONFIG_MAX_CPUS && (set->bits[cpu / 64] >> (cpu % 64) & 1);
}

const char *format_cpus(const struct config_cpus *set, unsigned cpus, char *text, size_t size)
{
    unsigned members = 0;
    size_t used = 0;

    for (unsigned cpu = 0; cpu < cpus; cpu++)
        members += has_cpu(set, cpu);
    if (members == cpus || members == 0) {
        snprintf(text, size, members ? "all" : "none");
        return text;
    }
    text[0] = '\0';
    for (unsigned cpu = 0; cpu < cpus && used < size; cpu++) {
        unsigned last = cpu;

        if (!has_cpu(set, cpu))
            continue;
        while (last + 1 < cpus && has_cpu(set, last + 1))
            last++;
        used += (size_t)snprintf(text + used, size - used, last > cpu ? "%s%u-%u" : "%s%u",
                                 used ? "," : "", cpu, last);
        cpu = last;
    }
    return text;
}

const char *format_uptime(uint64_t ns, bool in_short, char *text, size_t size)
{
    uint64_t s = ns / NS_PER_SECOND, days = s / 86400;
    unsigned hour = (unsigned)(s % 86400 / 3600), minute = (unsigned)(s % 3600 / 60);
    char day_text[32] = "", second[8] = "";

    if (days > 0)
        snprintf(day_text, sizeof(day_text), "%" PRIu64 " day%s, ", days, days > 1 ? "s" : "");
    if (!in_short)
        snprintf(second, sizeof(second), ":%02u", (unsigned)(s % 60));
    snprintf(text, size, "%s%2u:%02u%s", day_text, hour, minute, second);
    return text;
}
