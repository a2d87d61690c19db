/* test_grant_kept.c: pages that another domain does not let go of at once are freed when it does, not before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pv/grant.h>
#include <pv/memory.h>

#define REFS 64U

static bool granted[REFS], mapped[REFS];
static size_t pages;
static bool no_memory;

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    return no_memory ? NULL : __real_malloc(bytes);
}

void pv_pages_free(void *p, size_t n)
{
    assert_non_null(p);
    pages -= n;
}

int pv_grant_end(grant_ref_t ref)
{
    assert_true(ref < REFS && granted[ref]);
    if (mapped[ref])
        return -EBUSY;
    granted[ref] = false;
    return 0;
}

static unsigned count(const bool *of)
{
    unsigned n = 0;

    for (unsigned i = 0; i < REFS; i++)
        n += of[i];
    return n;
}

/* n pages, with grants from `ref` on. */
static void give_up(grant_ref_t ref, size_t n, size_t with_grants)
{
    static char memory[4096];
    grant_ref_t refs[REFS];

    pages += n;
    for (size_t i = 0; i < with_grants; i++) {
        refs[i] = ref + (grant_ref_t)i;
        granted[refs[i]] = true;
    }
    pv_grant_free_pages(memory, n, refs, with_grants);
}

static void test_nobody_has_them(void **state)
{
    (void)state;
    give_up(8, 4, 4);
    give_up(8, 4, 2);           /* not all had been granted yet */
    give_up(8, 1, 0);
    assert_int_equal(pages, 0);
    assert_int_equal(count(granted), 0);
    assert_int_equal(pv_grant_kept(), 0);
}

static void test_they_are_let_go_one_by_one(void **state)
{
    (void)state;
    mapped[9] = mapped[11] = mapped[20] = true;
    give_up(8, 4, 4);
    give_up(20, 1, 1);
    give_up(30, 2, 2);
    assert_int_equal(pages, 5);
    assert_int_equal(count(granted), 3);
    assert_int_equal(pv_grant_kept(), 5);
    granted[8] = true;          /* somebody else's by now */
    mapped[9] = false;
    assert_int_equal(pv_grant_kept(), 5);
    assert_true(granted[8] && !granted[9]);
    mapped[20] = false;
    assert_int_equal(pv_grant_kept(), 4);
    mapped[11] = false;
    assert_int_equal(pv_grant_kept(), 0);
    assert_int_equal(pages, 0);
    granted[8] = false;
    assert_int_equal(count(granted), 0);
}

static void test_without_memory_they_are_never_used_again(void **state)
{
    (void)state;
    mapped[8] = no_memory = true;
    give_up(8, 3, 1);
    no_memory = mapped[8] = false;
    assert_int_equal(pv_grant_kept(), 3);
    assert_int_equal(pages, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_has_them),
        cmocka_unit_test(test_they_are_let_go_one_by_one),
        cmocka_unit_test(test_without_memory_they_are_never_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
