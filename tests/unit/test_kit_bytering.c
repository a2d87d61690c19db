/* Byte rings that are shared with somebody who may write anything into them: what goes in comes out,
 * indices wrap, and an index that lies is an error that leaves memory alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bytering.h"

#define SIZE 64

/* The page: a guard on both sides of the data shows writes outside. */
static struct {
    char before[16];
    char data[SIZE];
    char after[16];
    uint32_t prod, cons;
} page;

static struct pv_bytering writer, reader;

static int setup(void **state)
{
    (void)state;
    memset(&page, 0x55, sizeof(page));
    page.prod = page.cons = 0;
    pv_bytering_init(&writer, page.data, SIZE, &page.prod, &page.cons);
    pv_bytering_init(&reader, page.data, SIZE, &page.cons, &page.prod);
    return 0;
}

static void assert_guards(void)
{
    unsigned int i;

    for (i = 0; i < 16; i++) {
        assert_int_equal(page.before[i], 0x55);
        assert_int_equal(page.after[i], 0x55);
    }
}

static void test_fill_and_drain(void **state)
{
    char text[SIZE * 2], back[SIZE * 2];
    int was_full;

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(pv_bytering_read(&reader, back, sizeof(back), &was_full), 0);
    assert_int_equal(was_full, 0);
    assert_int_equal(pv_bytering_write(&writer, text, sizeof(text)), SIZE);
    assert_int_equal(pv_bytering_write(&writer, text, 1), 0);
    assert_int_equal(pv_bytering_read(&reader, back, 10, &was_full), 10);
    assert_int_equal(was_full, 1);
    assert_int_equal(pv_bytering_write(&writer, text, sizeof(text)), 10);
    assert_int_equal(pv_bytering_read(&reader, back, sizeof(back), NULL), SIZE);
    assert_guards();
}

/* A stream in pieces of random sizes, across many wraps of the buffer and one of the 32-bit indices. */
static void test_stream(void **state)
{
    uint8_t out = 0, in = 0, piece[100];
    unsigned int round, i;

    (void)state;
    page.prod = page.cons = UINT32_MAX - 1000;
    pv_bytering_init(&writer, page.data, SIZE, &page.prod, &page.cons);
    pv_bytering_init(&reader, page.data, SIZE, &page.cons, &page.prod);
    srand(1);
    for (round = 0; round < 20000; round++) {
        size_t want = (size_t)rand() % sizeof(piece);
        long n;

        for (i = 0; i < want; i++)
            piece[i] = (uint8_t)(out + i);
        n = pv_bytering_write(&writer, piece, want);
        assert_in_range(n, 0, SIZE);
        out = (uint8_t)(out + n);
        n = pv_bytering_read(&reader, piece, (size_t)rand() % sizeof(piece), NULL);
        assert_in_range(n, 0, SIZE);
        for (i = 0; i < (unsigned int)n; i++)
            assert_int_equal(piece[i], in++);
    }
    assert_true(page.cons < 1000000);    /* the indices have wrapped */
    assert_guards();
}

static void test_lies(void **state)
{
    static const uint32_t lies[] = { SIZE + 1, SIZE * 2, 0x7fffffff, 0x80000000, 0xffffffff };
    char back[SIZE * 2];
    unsigned int i;

    (void)state;
    for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        setup(NULL);
        page.prod = lies[i];
        assert_int_equal(pv_bytering_read(&reader, back, sizeof(back), NULL), -EPROTO);
        assert_int_equal(page.cons, 0);
        setup(NULL);
        page.cons = lies[i];    /* as if more had been taken than was put */
        assert_int_equal(pv_bytering_write(&writer, "abc", 3), lies[i] == 0xffffffff ? 3 : -EPROTO);
        assert_guards();
    }
}

/* The index that we own is private: changing it in the page changes nothing. */
static void test_own_index_is_private(void **state)
{
    char back[8];

    (void)state;
    assert_int_equal(pv_bytering_write(&writer, "abcd", 4), 4);
    page.cons = 0;
    assert_int_equal(pv_bytering_read(&reader, back, 2, NULL), 2);
    page.cons = 0x1234;
    assert_int_equal(pv_bytering_read(&reader, back, 8, NULL), 2);
    assert_memory_equal(back, "cd", 2);
    assert_int_equal(page.cons, 4);
}

static void test_skip(void **state)
{
    char back[8];

    (void)state;
    page.prod = 1000;
    assert_int_equal(pv_bytering_read(&reader, back, 8, NULL), -EPROTO);
    pv_bytering_skip(&reader);
    assert_int_equal(page.cons, 1000);
    assert_int_equal(pv_bytering_read(&reader, back, 8, NULL), 0);
    page.prod = 1003;
    assert_int_equal(pv_bytering_read(&reader, back, 8, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_fill_and_drain, setup),
        cmocka_unit_test_setup(test_stream, setup),
        cmocka_unit_test_setup(test_lies, setup),
        cmocka_unit_test_setup(test_own_index_is_private, setup),
        cmocka_unit_test_setup(test_skip, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
