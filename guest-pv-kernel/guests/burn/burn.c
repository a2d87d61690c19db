/* burn.c: CPU load. Counts rounds of arithmetic whose result is checked, so that a wrong register or FPU
 * state after being preempted would show. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pv/sched.h>
#include <pv/thread.h>
#include <pv/time.h>

static void on_request(const char *request)
{
    printf("burn: %s\n", request);
    fflush(stdout);
    pv_shutdown(strcmp(request, "reboot") == 0 ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
}

/* A few milliseconds of integer and floating-point work with a known outcome. False: a result was wrong. */
static int round_is_right(void)
{
    uint32_t x = 1;
    double sum = 0;
    int i;

    for (i = 1; i <= 1000000; i++) {
        x = x * 1664525u + 1013904223u;
        sum += 1.0 / 1024;
    }
    return x == 0x15d54c41u && sum == 1000000.0 / 1024;
}

int main(int argc, char **argv)
{
    uint64_t seconds = argc > 1 ? strtoull(argv[argc - 1], NULL, 10) : 0;
    uint64_t start = pv_now_ns(), rounds = 0, printed = 0, at;

    pv_shutdown_watch(on_request);
    printf("burn: %s\n", seconds ? "for the given number of seconds" : "until shutdown");
    do {
        if (!round_is_right()) {
            printf("burn: wrong result in round %" PRIu64 "\n", rounds);
            return 1;
        }
        rounds++;
        pv_yield();
        at = (pv_now_ns() - start) / PV_NS_PER_SEC;
        if (at != printed)
            printf("burn: %" PRIu64 " s, %" PRIu64 " rounds\n", at, rounds);
        printed = at;
    } while (!seconds || at < seconds);
    printf("burn: done, %" PRIu64 " rounds\n", rounds);
    return 0;
}
