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

static void trace(const char *name, uint32_t (*once)(void))
{
    once();
    once();
    printf("bench: trace %s\n", name);
    pv_sleep_ns(PV_NS_PER_SEC);
    once();
}

void bench_each(const char *name, uint32_t (*once)(void), unsigned int each)
{
    static uint32_t ticks[ROUNDS];
    unsigned int i;

    if (strncmp(name, wanted, strlen(wanted)) != 0)
        return;
    if (tracing) {
        trace(name, once);
        return;
    }
    once();
    for (i = 0; i < ROUNDS; i++)
        ticks[i] = once();
    qsort(ticks, ROUNDS, sizeof(ticks[0]), compare);
    printf("bench: %s | %u | %u\n", name, ticks[0] / each, ticks[ROUNDS / 2] / each);
}

void bench(const char *name, uint32_t (*once)(void))
{
    bench_each(name, once, 1);
}

void set_fault_handler(const char *handler)
{
    struct trap_info table[2] = { 0 };

    table[0].vector = 14;
    table[0].cs = FLAT_KERNEL_CS;
    table[0].address = (unsigned long)(handler ? handler : pv_trap_stubs + 14 * 16);
    must("set_trap_table", HYPERVISOR_set_trap_table(table));
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
    bench("the clock", clock_nothing);
    bench_calls();
    bench_mmu();
    bench_events();
    bench_faults();
    bench_emulation();
    bench_user();
    bench_grants();
    bench_memory();
    printf("bench: done\n");
    fflush(stdout);
    pv_shutdown(SHUTDOWN_poweroff);
}
