/* The console's parts that need no device: the log ring as readers see it, input that switches between the
 * control domain and the debug keys, and the screen as a terminal (on a frame buffer that is an array
 * here). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "boot/boot-info.h"
#include "boot/early.h"
#include "console/console.h"
#include "console/devices.h"
#include "console/screen.h"
#include "cpu/cpu.h"
#include "event/event.h"
#include "lib/lib.h"
#include "lib/lock.h"

/* What these parts need of the machine. */
static char keys[64];
static unsigned int virqs;
struct cpu_features cpu_features;
void *early_alloc(size_t bytes, size_t align) { return memset(aligned_alloc(align, bytes), 0, bytes); }
void *device_map(uint64_t pa, size_t bytes) { (void)pa; (void)bytes; abort(); }
void spin_wait(spinlock_t *l, uint32_t ticket) { (void)l; (void)ticket; fail_msg("a lock is taken twice"); }
void log_line(enum loglevel level, const char *fmt, ...) { (void)level; (void)fmt; }
void debug_key(char key) { size_t n = strlen(keys); keys[n] = key; keys[n + 1] = '\0'; }
void event_send_global_virq(unsigned int virq) { assert_int_equal(virq, VIRQ_CONSOLE); virqs++; }

#define COLUMNS 20
#define LINES   4
static char grid[LINES][COLUMNS + 1];

bool framebuffer_init(const struct boot_info *info, unsigned int *columns, unsigned int *lines)
{
    (void)info;
    *columns = COLUMNS;
    *lines = LINES;
    return true;
}

void framebuffer_draw(unsigned int line, unsigned int column, char c, bool inverted)
{
    (void)inverted;
    assert_true(line < LINES && column < COLUMNS);
    grid[line][column] = c;
}

/* ---- the log ---- */

#define RING (16 << 10)

static size_t read_ring(uint32_t *index, bool incremental, bool clear, char *buf, size_t n)
{
    size_t got = log_ring_read(buf, n, index, incremental, clear);

    buf[got] = '\0';
    return got;
}

static void test_ring(void **state)
{
    static struct boot_info info = { .cmdline = "conring_size=16k" };
    static char buf[2 * RING];
    uint32_t index = 0, old;

    (void)state;
    log_ring_write("lost: there is no ring yet", 10);
    log_ring_init(&info);
    log_ring_write("one\ntwo\n", 8);
    assert_int_equal(read_ring(&index, false, false, buf, RING), 8);
    assert_string_equal(buf, "one\ntwo\n");
    assert_int_equal(index, 8);

    /* Incremental reading goes on where it was, in pieces. */
    log_ring_write("three\n", 6);
    assert_int_equal(read_ring(&index, true, false, buf, 4), 4);
    assert_string_equal(buf, "thre");
    assert_int_equal(read_ring(&index, true, false, buf, RING), 2);
    assert_int_equal(read_ring(&index, true, false, buf, RING), 0);

    /* The last lines, whole. */
    assert_int_equal(log_ring_tail(buf, 9), 6);
    assert_memory_equal(buf, "three\n", 6);
    assert_int_equal(log_ring_tail(buf, 10), 10);
    assert_memory_equal(buf, "two\nthree\n", 10);

    /* An index that was never given, and one that has been overwritten, begin with the oldest text. */
    old = 1000000;
    assert_int_equal(read_ring(&old, true, false, buf, RING), 14);
    old = 0;
    for (int i = 0; i < RING; i++)
        log_ring_write("abcdefgh" + i % 8, 1);
    assert_int_equal(read_ring(&old, true, false, buf, sizeof(buf) - 1), RING);
    assert_memory_equal(buf, "abcdefghabcd", 12);

    /* Cleared text is not shown again. */
    assert_int_equal(read_ring(&index, false, true, buf, 5), 5);
    assert_int_equal(read_ring(&index, false, false, buf, RING), 0);
    log_ring_write("new", 3);
    assert_int_equal(read_ring(&index, false, false, buf, RING), 3);
    assert_string_equal(buf, "new");
}

/* ---- input ---- */

static void type(const char *s)
{
    input_received(s, strlen(s));
}

static void check_typed(const char *want)
{
    char got[2000];
    size_t n = console_read(got, sizeof(got));

    assert_int_equal(n, strlen(want));
    assert_memory_equal(got, want, n);
}

static void test_input(void **state)
{
    (void)state;
    type("ls\r");
    assert_int_equal(virqs, 1);
    check_typed("ls\r");
    check_typed("");

    /* One or two Ctrl-A are for the shell, once another key follows. */
    type("\001");
    check_typed("");
    type("x\001\001y");
    check_typed("\001x\001\001y");

    type("\001\001\001qh");
    assert_string_equal(keys, "qh");
    check_typed("");
    type("\001\001\001z");
    check_typed("z");
    assert_string_equal(keys, "qh");
}

static void test_input_is_bounded(void **state)
{
    char got[2000];

    (void)state;
    for (int i = 0; i < 3000; i++)
        type("k");
    assert_int_equal(console_read(got, sizeof(got)), 1024);
    type("after");
    check_typed("after");
}

/* ---- the screen ---- */

static void show(const char *s)
{
    for (; *s; s++)
        screen_put(*s);
    screen_flush();
}

static void check_line(unsigned int line, const char *want)
{
    char padded[COLUMNS + 1];

    snprintf(padded, sizeof(padded), "%-20s", want);
    assert_string_equal(grid[line], padded);
}

static void test_screen(void **state)
{
    static struct boot_info info = { .framebuffer = { .address = 1, .type = FRAMEBUFFER_DIRECT } };

    (void)state;
    assert_false(screen_used());
    show("not there yet");
    screen_init(&info);
    assert_true(screen_used());

    show("\033[2J\033[Hone\r\ntwo\r\n");
    check_line(0, "one");
    check_line(1, "two");
    show("12345678901234567890wraps");
    check_line(2, "12345678901234567890");
    check_line(3, "wraps");
    show("\nscrolled");
    check_line(0, "two");
    check_line(3, "scrolled");

    /* What a line editor sends: back, erase to the end, cursor moves. */
    show("\r\033[Kabcdef\033[3DX\b\bY");
    check_line(3, "abYXef");
    show("\033[K");
    check_line(3, "abY");
    show("\033[2;3Hhere\033[1;1H\033[31mred\033[0m");
    check_line(1, "12here78901234567890");
    check_line(0, "red");

    /* Nonsense neither moves outside nor stays in a sequence. */
    show("\033[999;999H\033[99999999999A\033[999Cz\033[Z\033x\033[;;;m");
    check_line(0, "red                z");
    show("\033[999B\r\tq\033[1K");
    check_line(3, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring),  cmocka_unit_test(test_input), cmocka_unit_test(test_input_is_bounded),
        cmocka_unit_test(test_screen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
