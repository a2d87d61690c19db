/* process.c: newlib's calls about processes, time and memory. There is one process: the domain. */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include <pv/console.h>
#include <pv/sched.h>
#include <pv/time.h>

static int fail(int err)
{
    errno = err;
    return -1;
}

void *sbrk(ptrdiff_t bytes)
{
    void *old = pv_pages_sbrk(bytes);

    if (!old) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return old;
}

void _exit(int code)
{
    if (code == 0)
        pv_shutdown(SHUTDOWN_poweroff);
    pv_console_emergency("\nexit code %d\n", code);
    pv_shutdown(SHUTDOWN_crash);
}

pid_t getpid(void)
{
    return 1;
}

/* The one process can only kill itself; signals have no other sender here. */
int kill(pid_t pid, int sig)
{
    if (pid != 1 && pid != 0)
        return fail(ESRCH);
    if (sig == SIGABRT)
        pv_panic("abort() was called");
    _exit(128 + sig);
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    uint64_t now = pv_wall_ns();

    (void)tz;
    tv->tv_sec = (time_t)(now / PV_NS_PER_SEC);
    tv->tv_usec = (suseconds_t)(now % PV_NS_PER_SEC / PV_NS_PER_US);
    return 0;
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
    uint64_t now;

    if (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC)
        return fail(EINVAL);
    now = id == CLOCK_REALTIME ? pv_wall_ns() : pv_now_ns();
    ts->tv_sec = (time_t)(now / PV_NS_PER_SEC);
    ts->tv_nsec = (long)(now % PV_NS_PER_SEC);
    return 0;
}

int clock_getres(clockid_t id, struct timespec *ts)
{
    if (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC)
        return fail(EINVAL);
    *ts = (struct timespec){ 0, 1 };
    return 0;
}

int clock_settime(clockid_t id, const struct timespec *ts)
{
    (void)id;
    (void)ts;
    return fail(EPERM);    /* the wall clock is the host's */
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (wanted->tv_sec < 0 || wanted->tv_nsec < 0 || wanted->tv_nsec >= (long)PV_NS_PER_SEC)
        return fail(EINVAL);
    pv_sleep_ns((uint64_t)wanted->tv_sec > UINT64_MAX / PV_NS_PER_SEC - 1
                    ? UINT64_MAX : (uint64_t)wanted->tv_sec * PV_NS_PER_SEC + (uint64_t)wanted->tv_nsec);
    if (left)
        *left = (struct timespec){ 0, 0 };
    return 0;
}

unsigned int sleep(unsigned int seconds)
{
    pv_sleep_ns(seconds * PV_NS_PER_SEC);
    return 0;
}

int usleep(useconds_t us)
{
    pv_sleep_ns(us * PV_NS_PER_US);
    return 0;
}

/* All time since the boot counts as ours. */
clock_t times(struct tms *buf)
{
    clock_t ticks = (clock_t)(pv_now_ns() / (PV_NS_PER_SEC / CLOCKS_PER_SEC));

    *buf = (struct tms){ .tms_utime = ticks };
    return ticks;
}

/* Randomness of the processor. -1 with EIO where it has none: nothing weaker is passed off as random. */
int getentropy(void *buf, size_t len)
{
    uint32_t eax = 1, ebx, ecx = 0, edx;
    char *to = buf;

    __asm__("ud2a; .ascii \"xen\"; cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (!(ecx & (1u << 30)))
        return fail(EIO);
    while (len) {
        size_t n = len < 8 ? len : 8;
        unsigned int tries = 100;
        uint64_t value;
        unsigned char ok = 0;

        while (!ok && tries--)
            __asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(ok) : : "cc");
        if (!ok)
            return fail(EIO);
        memcpy(to, &value, n);
        to += n;
        len -= n;
    }
    return 0;
}

int fork(void)
{
    return fail(ENOSYS);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
    (void)path;
    (void)argv;
    (void)envp;
    return fail(ENOSYS);
}

pid_t wait(int *status)
{
    (void)status;
    return fail(ECHILD);
}
