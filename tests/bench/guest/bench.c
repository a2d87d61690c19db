/* bench.c: repeats, sorts, prints. The last line says that all went well.
 *
 * With arguments, only the operations whose names begin with them are run; if the first is "trace", each
 * once after a pause in which the host can switch its trace of instructions on (tests/bench/trace.py). */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/sched.h>
#include <xen/version.h>
#include <pv/error.h>
#include <pv/sched.h>
#include <pv/time.h>

#define ROUNDS 101
#define FEW_ROUNDS 7
#define LOOP_TURNS 10000

static bool tracing;
static char wanted[128];        /* beginning of the names that are run */

void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    printf("bench: failed: ");
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    pv_shutdown(SHUTDOWN_crash);
}

void must(const char *what, long rc)
{
    if (rc != 0)
        fail("%s: %ld", what, rc);
}

void mmuext(unsigned int cmd, uint64_t arg)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg };

    must("mmuext_op", HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF));
}

uint32_t mmuext_cost(unsigned int cmd, uint64_t arg)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg };
    struct call c = CALL(mmuext_op, .a1 = (uint64_t)&op, .a2 = 1, .a3 = 0, .a4 = DOMID_SELF);

    return cost(&c);
}

void set_entry(const void *va, uint64_t entry)
{
    must("update_va_mapping",
         HYPERVISOR_update_va_mapping((unsigned long)va, entry, UVMF_INVLPG | UVMF_ALL));
}

uint32_t cost(const struct call *c)
{
    int64_t answer;
    uint32_t ticks = clock_call(c, &answer);

    if (answer != c->want)
        fail("hypercall %lu answered %ld instead of %ld", c->number, answer, c->want);
    return ticks;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static __attribute__((noreturn)) void trace(const char *name, uint32_t (*once)(void))
{
    once();
    once();
    printf("bench: trace %s\n", name);
    pv_sleep_ns(PV_NS_PER_SEC);
    once();
    pv_shutdown(SHUTDOWN_poweroff);
}

static void measure(const char *name, uint32_t (*once)(void), unsigned int each, unsigned int rounds)
{
    static uint32_t ticks[ROUNDS];
    unsigned int i;

    if (strncmp(name, wanted, strlen(wanted)) != 0)
        return;
    if (tracing)
        trace(name, once);
    once();
    for (i = 0; i < rounds; i++)
        ticks[i] = once();
    qsort(ticks, rounds, sizeof(ticks[0]), compare);
    printf("bench: %s | %u | %u\n", name, ticks[0] / each, ticks[rounds / 2] / each);
}

void bench_each(const char *name, uint32_t (*once)(void), unsigned int each)
{
    measure(name, once, each, ROUNDS);
}

void bench(const char *name, uint32_t (*once)(void))
{
    measure(name, once, 1, ROUNDS);
}

void bench_few(const char *name, uint32_t (*once)(void))
{
    measure(name, once, 1, FEW_ROUNDS);
}

void group(const char *name)
{
    printf("bench: group: %s\n", name);
}

void figure(const char *name, uint64_t value)
{
    printf("bench: figure: %s | %lu\n", name, value);
}

/* Without that, no figure means anything. */
static void check_clock(void)
{
    uint32_t counted = clock_loop(LOOP_TURNS) - CLOCK;

    if (!tracing && counted != 2 * LOOP_TURNS + 1)
        fail("the clock advances by %u in %u instructions", counted, 2 * LOOP_TURNS + 1);
    figure("instructions of a known loop", 2 * LOOP_TURNS + 1);
    figure("what the clock advances in them", counted);
    figure("what the clock advances between two readings", clock_nothing());
}

void set_fault_handler(const char *handler)
{
    struct trap_info table[2] = { 0 };

    table[0].vector = 14;
    table[0].cs = FLAT_KERNEL_CS;
    table[0].address = (unsigned long)(handler ? handler : pv_trap_stubs + 14 * 16);
    must("set_trap_table", HYPERVISOR_set_trap_table(table));
}

void upcalls_by(const char *handler, evtchn_port_t port)
{
    upcall_port = port;
    must("set_callbacks", HYPERVISOR_set_callbacks(handler, pv_entry_failsafe, pv_entry_syscall));
}

void upcalls_by_kit(void)
{
    must("set_callbacks", HYPERVISOR_set_callbacks(pv_entry_event, pv_entry_failsafe, pv_entry_syscall));
}

static void print_hypervisor(void)
{
    long version = HYPERVISOR_xen_version(XENVER_version, NULL);
    xen_extraversion_t extra = "";

    HYPERVISOR_xen_version(XENVER_extraversion, extra);
    printf("bench: on %ld.%ld%.16s\n", version >> 16, version & 0xffff, extra);
}

static void read_arguments(int argc, char **argv)
{
    int i = 1;

    if (i < argc && strcmp(argv[i], "trace") == 0) {
        tracing = true;
        i++;
    }
    for (; i < argc && strlen(wanted) + strlen(argv[i]) + 2 < sizeof(wanted); i++) {
        strcat(wanted, wanted[0] ? " " : "");
        strcat(wanted, argv[i]);
    }
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    print_hypervisor();
    check_clock();
    memory_figures();
    bench_calls();
    bench_entries();
    bench_tables();
    bench_user();
    bench_faults();
    bench_emulation();
    bench_events();
    bench_timers();
    bench_vcpus();
    bench_grants();
    bench_memory();
    printf("bench: done\n");
    fflush(stdout);
    pv_shutdown(SHUTDOWN_poweroff);
}
