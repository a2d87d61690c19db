/* The console: lines of the log and raw output of the control domain, to the ring, the serial ports and the
 * screen. */
#include "console/console.h"

#include "boot/boot-info.h"
#include "console/devices.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "lib/lock.h"
#include "sched/timer.h"

static spinlock_t lock = SPINLOCK_INIT(RANK_CONSOLE);
static bool panicking;
static bool mid_line;           /* the last raw output did not end its line */
static bool timestamps;
static int level_hypervisor = LOG_INFO, level_guest = LOG_WARNING;

/* What a domain may say: lines, refilled with time. A line of its own output costs one, one of ours about it
 * more. */
#define BUCKET_LINES   512
#define LINES_A_SECOND 64
#define LOG_COST       8

#define TAIL_BYTES     1024

/* In a panic nobody else runs, and whoever held the lock will not give it back. */
static void console_lock(void)
{
    if (!panicking)
        spin_lock(&lock);
}

static void console_unlock(void)
{
    if (!panicking)
        spin_unlock(&lock);
}

static void put(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uart_put(s[i]);
        screen_put(s[i]);
    }
    uart_flush(panicking);
    screen_flush();
}

static void put_text(const char *s)
{
    put(s, strlen(s));
}

/* A whole line of the log, on a line of its own. Lock held. */
static void put_line(const char *prefix, const char *text, size_t n)
{
    char head[32];
    uint64_t ms = tsc_khz() ? now_ns() / 1000000 : 0;
    const char *fmt = timestamps ? "%s[%5lu.%03lu] " : "%s";
    int len = snprintf(head, sizeof(head), fmt, prefix, ms / 1000, ms % 1000);

    if (mid_line)
        put("\n", 1);
    mid_line = false;
    put(head, (size_t)len);
    put(text, n);
    put("\n", 1);
    log_ring_write(head, (size_t)len);
    log_ring_write(text, n);
    log_ring_write("\n", 1);
}

void log_line(enum loglevel level, const char *fmt, ...)
{
    char text[384];
    va_list ap;
    int n;

    if ((int)level > level_hypervisor)
        return;
    va_start(ap, fmt);
    n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    console_lock();
    put_line("(enso) ", text, MIN((size_t)n, sizeof(text) - 1));
    console_unlock();
}

/* Lock held. True if the domain may still say something. */
static bool pay(struct domain *d, uint32_t cost)
{
    struct log_bucket *b = &d->log_bucket;
    uint64_t now = now_ns(), lines = (now - b->last_ns) / (1000000000 / LINES_A_SECOND);

    if (b->last_ns == 0)
        b->tokens = BUCKET_LINES;
    if (b->last_ns == 0 || lines > 0) {
        b->tokens = (uint32_t)MIN(b->tokens + MIN(lines, (uint64_t)BUCKET_LINES), (uint64_t)BUCKET_LINES);
        b->last_ns = now;
    }
    /* Half of what waits to be sent is ours and the control domain's: nobody waits for a guest's words. */
    if (b->tokens < cost || uart_is_behind()) {
        b->dropped++;
        return false;
    }
    b->tokens -= cost;
    return true;
}

static void report_dropped(struct domain *d)
{
    char text[64];
    int n;

    if (!d->log_bucket.dropped)
        return;
    n = snprintf(text, sizeof(text), "d%u: %u lines dropped: too many", d->id, d->log_bucket.dropped);
    d->log_bucket.dropped = 0;
    put_line("(enso) ", text, (size_t)n);
}

static void guest_line(struct domain *d, const char *fmt, va_list ap)
{
    char text[384];
    int head = snprintf(text, sizeof(text), "d%u: ", d->id), n;

    n = head + vsnprintf(text + head, sizeof(text) - (size_t)head, fmt, ap);
    console_lock();
    if (pay(d, LOG_COST)) {
        report_dropped(d);
        put_line("(enso) ", text, MIN((size_t)n, sizeof(text) - 1));
    }
    console_unlock();
}

void guest_log(const struct domain *d, const char *fmt, ...)
{
    va_list ap;

    if (level_guest < LOG_WARNING)
        return;
    va_start(ap, fmt);
    guest_line((struct domain *)(uintptr_t)d, fmt, ap);
    va_end(ap);
}

long refuse_log(long rc, const char *fmt, ...)
{
    va_list ap;

    if (level_guest < LOG_DEBUG || !current)
        return rc;
    va_start(ap, fmt);
    guest_line(current->domain, fmt, ap);
    va_end(ap);
    return rc;
}

void console_write(const char *s, size_t n)
{
    if (n == 0)
        return;
    console_lock();
    put(s, n);
    mid_line = s[n - 1] != '\n';
    console_unlock();
}

/* Control characters of a guest never reach the terminal: they could rewrite what the operator sees. */
static bool printable(char c)
{
    return (c >= ' ' && c != 0x7f) || c == '\t' || (c & 0x80);
}

static void domain_line(struct domain *d)
{
    char prefix[16];

    snprintf(prefix, sizeof(prefix), "(d%u) ", d->id);
    if (pay(d, 1)) {
        report_dropped(d);
        put_line(prefix, d->console_line, d->console_line_len);
    }
    d->console_line_len = 0;
}

void console_write_domain(struct domain *d, const char *s, size_t n)
{
    console_lock();
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n' || d->console_line_len == sizeof(d->console_line))
            domain_line(d);
        if (printable(s[i]))
            d->console_line[d->console_line_len++] = s[i];
    }
    console_unlock();
}

size_t console_ring_read(char *buf, size_t n, uint32_t *index, bool incremental, bool clear)
{
    console_lock();
    n = log_ring_read(buf, n, index, incremental, clear);
    console_unlock();
    return n;
}

void console_interrupt(void)
{
    char typed[64];
    size_t n;

    do {
        console_lock();
        n = uart_get(typed, sizeof(typed) / 2);
        n += keyboard_get(typed + n, sizeof(typed) - n);
        uart_flush(false);
        console_unlock();
        input_received(typed, n);
    } while (n >= sizeof(typed) / 2);
}

/* What was said last may have scrolled away, or gone to a terminal that nobody watched. */
static void print_tail(void)
{
    static char tail[TAIL_BYTES];
    size_t n = log_ring_tail(tail, sizeof(tail));

    put_text("\n--- the end of the log:\n");
    put(tail, n);
    put_text("--- and now:\n");
}

void console_start_panic(void)
{
    if (panicking)
        return;
    panicking = true;
    level_hypervisor = LOG_DEBUG;
    print_tail();
}

/* A level by its name or its first letter; Xen's "lower/upper" with rate limits in between counts as its
 * upper level. */
static int level_named(const char *value, int otherwise)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    const char *slash = strchr(value, '/');

    if (slash)
        value = slash + 1;
    if (strcmp(value, "all") == 0)
        return LOG_DEBUG;
    if (strcmp(value, "none") == 0)
        return -1;
    for (int i = 0; i < (int)ARRAY_SIZE(names); i++)
        if (strcmp(value, names[i]) == 0)
            return i;
    return otherwise;
}

void console_init(const struct boot_info *info)
{
    char value[32];

    uart_init(info);
    log_ring_init(info);
    if (cmdline_option(info->cmdline, "loglvl", value, sizeof(value)))
        level_hypervisor = level_named(value, level_hypervisor);
    if (cmdline_option(info->cmdline, "guest_loglvl", value, sizeof(value)))
        level_guest = level_named(value, level_guest);
    timestamps = cmdline_option(info->cmdline, "console_timestamps", value, sizeof(value));
}

void console_init_screen(const struct boot_info *info)
{
    screen_init(info);
}

void console_init_irq(void)
{
    console_lock();
    uart_init_irq();
    if (screen_used())
        keyboard_init_irq();
    console_unlock();
}
