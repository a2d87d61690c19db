/* panic.c: the end of a domain that found itself broken. */
#include "internal.h"

#include <stdlib.h>
#include <pv/console.h>
#include <pv/hypercall.h>
#include <pv/sched.h>
#include <pv/thread.h>

/* Frames that a backtrace prints at most. */
#define BACKTRACE_MAX 24

static bool readable(uintptr_t va)
{
    return (pv_pt_lookup((const void *)va, 1, NULL) & PV_PTE_P) != 0;
}

/* Follows saved frame pointers. Only mapped, aligned and rising ones are read: the stack may be garbage. */
void pv_backtrace(uintptr_t frame_pointer)
{
    uintptr_t fp = frame_pointer;
    unsigned int i;

    pv_console_emergency("called from:");
    for (i = 0; i < BACKTRACE_MAX; i++) {
        const uintptr_t *frame = (const uintptr_t *)fp;

        if (fp == 0 || (fp & 7) != 0 || !readable(fp) || !readable(fp + 8) || frame[1] == 0)
            break;
        pv_console_emergency(" %lx", frame[1]);
        if (frame[0] <= fp)
            break;
        fp = frame[0];
    }
    pv_console_emergency("%s\n", i ? "" : " nowhere");
}

void pv_panic(const char *fmt, ...)
{
    static bool again;
    char text[256];
    va_list args;

    va_start(args, fmt);
    text[pv_format(text, sizeof(text) - 1, fmt, args)] = '\0';
    va_end(args);
    pv_console_emergency("\npanic: %s\n", text);
    if (!again) {
        again = true;
        if (pv_threads_running())
            pv_console_emergency("thread %s, ", pv_thread_name(pv_thread_self()));
        pv_backtrace((uintptr_t)__builtin_frame_address(0));
    }
    pv_shutdown(SHUTDOWN_crash);
}

void pv_shutdown(unsigned int reason)
{
    struct sched_shutdown op = { .reason = reason };

    for (;;)
        HYPERVISOR_sched_op(SCHEDOP_shutdown, &op);
}

/* assert() of newlib. */
void __assert_func(const char *file, int line, const char *function, const char *expression)
{
    pv_panic("%s:%d: %s: assertion failed: %s", file, line, function ? function : "?", expression);
}
