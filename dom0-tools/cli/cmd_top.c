/* cmd_top.c: who uses the CPUs, the networks and the disks. CPU(%) is the difference of
 * two readings of a domain's CPU time. */
#include "handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/time.h>

#include "../toolstack/domain.h"
#include "../toolstack/host.h"
#include "devices.h"
#include "format.h"
#include "number.h"
#include "report.h"
#include "terminal.h"

#define CTRL_C 3

/* One reading. */
struct reading {
    struct domain_status *domains;
    size_t count;
    uint64_t when_ns;
};

static int take_reading(struct reading *r, struct toolstack_error *err)
{
    r->when_ns = pv_now_ns();
    return toolstack_list(&r->domains, &r->count, err);
}

/* CPU time that a domain has used between the readings; since its birth if it is new. */
static uint64_t used_since(const struct reading *before, const struct domain_status *d)
{
    for (size_t i = 0; i < before->count; i++)
        if (before->domains[i].domid == d->domid && before->domains[i].cpu_time_ns <= d->cpu_time_ns)
            return d->cpu_time_ns - before->domains[i].cpu_time_ns;
    return d->cpu_time_ns;
}

/* part / whole in tenths of a percent; 0 for nothing of nothing. */
static unsigned permille(uint64_t part, uint64_t whole)
{
    return whole ? (unsigned)(part / (whole / 1000 + 1)) : 0;
}

static void put_header(const struct host_status *host, const struct reading *now)
{
    size_t running = 0, blocked = 0, paused = 0, down = 0;

    for (size_t i = 0; i < now->count; i++) {
        unsigned state = now->domains[i].state;

        running += (state & DOMAIN_RUNNING) != 0;
        blocked += (state & DOMAIN_BLOCKED) != 0;
        paused += (state & DOMAIN_PAUSED) != 0;
        down += (state & (DOMAIN_SHUTDOWN | DOMAIN_CRASHED | DOMAIN_DYING)) != 0;
    }
    printf("%zu domains: %zu running, %zu blocked, %zu paused, %zu ended\n", now->count, running, blocked,
           paused, down);
    printf("Mem: %" PRIu64 "k total, %" PRIu64 "k used, %" PRIu64 "k free    CPUs: %u @ %uMHz\n",
           host->total_memory_kib, host->total_memory_kib - host->free_memory_kib, host->free_memory_kib,
           host->cpus, host->cpu_khz / 1000);
}

/* ---- the two tables ---- */

static void put_cpu_header(void)
{
    printf("%-12s %-6s %8s %6s %8s %8s %8s %7s %7s\n", "NAME", "STATE", "CPU(sec)", "CPU(%)", "MEM(k)",
           "NETTX(k)", "NETRX(k)", "VBD_RD", "VBD_WR");
}

static void put_device_header(void)
{
    printf("%-10s %4s %8s %8s %4s %6s %6s %6s %9s %9s\n", "NAME", "NETS", "NETTX(k)", "NETRX(k)", "VBDS",
           "VBD_OO", "VBD_RD", "VBD_WR", "VBD_RSECT", "VBD_WSECT");
}

static void put_cpu(const struct reading *before, const struct reading *now, const struct domain_status *d)
{
    char name[CONFIG_NAME_SIZE], state[7];
    unsigned cpu = permille(used_since(before, d), now->when_ns - before->when_ns);
    struct device_totals t;

    format_state(d, state);
    devices_total(d->domid, &t);
    printf("%-12.12s %-6s %8" PRIu64 " %4u.%u %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %7" PRIu64 " %7" PRIu64
           "\n",
           format_name(d->name, name, sizeof(name)), state, d->cpu_time_ns / PV_NS_PER_SEC, cpu / 10,
           cpu % 10, d->memory_kib, t.sent / 1024, t.received / 1024, t.reads, t.writes);
}

static void put_devices(const struct domain_status *d)
{
    char name[CONFIG_NAME_SIZE];
    struct device_totals t;

    devices_total(d->domid, &t);
    printf("%-10.10s %4u %8" PRIu64 " %8" PRIu64 " %4u %6" PRIu64 " %6" PRIu64 " %6" PRIu64 " %9" PRIu64
           " %9" PRIu64 "\n",
           format_name(d->name, name, sizeof(name)), t.vifs, t.sent / 1024, t.received / 1024, t.vbds, t.full,
           t.reads, t.writes, t.sectors_read, t.sectors_written);
}

static int show(const struct command_call *call, const struct reading *before, const struct reading *now,
                bool clear)
{
    static struct host_status host;
    bool devices = call_has(call, "-x");
    struct toolstack_error err;

    if (toolstack_host(&host, &err))
        return report_toolstack(call, &err);
    if (clear)
        fputs("\x1b[H\x1b[2J", stdout);
    put_header(&host, now);
    devices ? put_device_header() : put_cpu_header();
    for (size_t i = 0; i < now->count; i++)
        devices ? put_devices(&now->domains[i]) : put_cpu(before, now, &now->domains[i]);
    fflush(stdout);
    return STATUS_OK;
}

/* Waits for the next refresh. True when the operator wants to leave. */
static bool wait_or_leave(uint64_t ns)
{
    uint64_t deadline = pv_now_ns() + ns;
    char key;

    for (;;) {
        if (terminal_read(&key, 1))
            return key == 'q' || key == 'Q' || key == CTRL_C;
        if (pv_now_ns() >= deadline)
            return false;
        terminal_wait(deadline);
    }
}

static int run(const struct command_call *call, uint64_t rounds, uint64_t interval)
{
    struct reading before = { 0 }, now;
    struct toolstack_error err;
    bool counted = rounds != UINT64_MAX;
    int status = STATUS_OK;

    if (take_reading(&before, &err))
        return report_toolstack(call, &err);
    /* The first table needs an interval too: a short one, so that it appears at once. */
    for (uint64_t i = 0; i < rounds && status == STATUS_OK; i++) {
        uint64_t wait = i == 0 && interval > PV_NS_PER_SEC / 4 ? PV_NS_PER_SEC / 4 : interval;

        if (counted ? terminal_pause(wait) != 0 : wait_or_leave(wait)) {
            status = counted ? STATUS_INTERRUPTED : STATUS_OK;
            break;
        }
        if (take_reading(&now, &err)) {
            status = report_toolstack(call, &err);
            break;
        }
        status = show(call, &before, &now, !counted);
        free(before.domains);
        before = now;
    }
    free(before.domains);
    return status;
}

int cmd_top(const struct command_call *call)
{
    const char *count_text = call_value(call, "-n"), *delay_text = call_value(call, "-d");
    uint64_t rounds = UINT64_MAX, interval = 3 * PV_NS_PER_SEC;
    int status;

    if (count_text && (parse_uint(count_text, 1000000, &rounds) || rounds == 0))
        return report_usage(call->command, "\"%s\" is no count", count_text);
    if (delay_text && (parse_duration(delay_text, &interval) || interval < 10 * PV_NS_PER_MS))
        return report_usage(call->command, "\"%s\" is no time (10ms at least)", delay_text);
    terminal_lend(!count_text);
    status = run(call, rounds, interval);
    terminal_lend(false);
    return status;
}
