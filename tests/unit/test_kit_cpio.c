/* The boot archive: what a good cpio archive shows, and that a bad one is refused without reading outside
 * of it (the sanitizer watches: each archive lies in a block of exactly its size). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfs/private.h"

#define DIR_MODE 040755
#define FILE_MODE 0100644

static char archive[1 << 16];
static size_t length;

static void align(void)
{
    while (length % 4)
        archive[length++] = '\0';
}

static void add(const char *name, unsigned int mode, const char *data)
{
    length += (size_t)sprintf(archive + length, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
                              1, mode, 0, 0, 1, 1234, (unsigned int)strlen(data), 0, 0, 0, 0,
                              (unsigned int)strlen(name) + 1, 0);
    length += (size_t)sprintf(archive + length, "%s", name) + 1;
    align();
    length += (size_t)sprintf(archive + length, "%s", data);
    align();
}

static int build(void **state)
{
    (void)state;
    length = 0;
    add(".", DIR_MODE, "");
    add("b.txt", FILE_MODE, "second");
    add("a", DIR_MODE, "");
    add("a/z", FILE_MODE, "below a");
    add("a-b", FILE_MODE, "beside a");
    add("./deep/er/file", FILE_MODE, "parents are invented");
    add("link", 0120777, "b.txt");
    add("empty", FILE_MODE, "");
    add("b.txt", FILE_MODE, "later wins");
    add("TRAILER!!!", 0, "");
    return 0;
}

/* Parses a copy of exactly n bytes. */
static int parse(struct pv_cpio *tree, size_t n, char **copy)
{
    *copy = malloc(n ? n : 1);
    memcpy(*copy, archive, n);
    return pv_cpio_parse(tree, *copy, n);
}

static void assert_file(const struct pv_cpio *tree, const char *path, const char *data)
{
    const struct pv_cpio_node *node = pv_cpio_find(tree, path);

    assert_non_null(node);
    assert_int_equal(node->size, strlen(data));
    assert_memory_equal(node->data, data, node->size);
}

static void assert_children(const struct pv_cpio *tree, const char *dir, const char *const *want)
{
    const struct pv_cpio_node *node = pv_cpio_find(tree, dir), *child;
    uint64_t cookie = 0;

    assert_non_null(node);
    while ((child = pv_cpio_child(tree, node, &cookie)) != NULL) {
        assert_non_null(*want);
        assert_string_equal(child->path, *want++);
    }
    assert_null(*want);
}

static void test_tree(void **state)
{
    static const char *const root[] = { "a", "a-b", "b.txt", "deep", "empty", NULL };
    static const char *const a[] = { "a/z", NULL }, *const deep[] = { "deep/er", NULL };
    static const char *const er[] = { "deep/er/file", NULL };
    struct pv_cpio tree;
    char *copy;

    (void)state;
    assert_int_equal(parse(&tree, length, &copy), 0);
    assert_children(&tree, "", root);
    assert_children(&tree, "a", a);
    assert_children(&tree, "deep", deep);
    assert_children(&tree, "deep/er", er);
    assert_file(&tree, "a/z", "below a");
    assert_file(&tree, "b.txt", "later wins");
    assert_file(&tree, "empty", "");
    assert_file(&tree, "deep/er/file", "parents are invented");
    assert_int_equal(pv_cpio_find(&tree, "a")->mode, 040555);
    assert_int_equal(pv_cpio_find(&tree, "a/z")->mtime, 1234);
    assert_null(pv_cpio_find(&tree, "link"));
    assert_null(pv_cpio_find(&tree, "nothing"));
    pv_cpio_free(&tree);
    free(copy);
}

/* Every truncation lacks at least the trailer. */
static void test_truncated(void **state)
{
    struct pv_cpio tree;
    char *copy;
    size_t n;

    (void)state;
    for (n = 0; n < length - 16; n++) {
        assert_int_equal(parse(&tree, n, &copy), -EINVAL);
        assert_null(tree.nodes);
        free(copy);
    }
}

/* One byte changed anywhere: accepted or refused, never outside of the archive. */
static void test_flipped(void **state)
{
    struct pv_cpio tree;
    unsigned int refused = 0;
    char *copy;
    size_t at;

    (void)state;
    for (at = 0; at < length; at++) {
        static const char values[] = { '0', 'f', 'z', '/', '\0', '\xff' };
        unsigned int i;

        for (i = 0; i < sizeof(values); i++) {
            char before = archive[at];

            archive[at] = values[i];
            if (parse(&tree, length, &copy) == 0)
                pv_cpio_free(&tree);
            else
                refused++;
            free(copy);
            archive[at] = before;
        }
    }
    assert_true(refused > 1000);
}

static void test_paths(void **state)
{
    static const struct {
        const char *cwd, *path, *want;
    } cases[] = {
        { "/", "a", "/a" }, { "/x", "a", "/x/a" }, { "/x", "/a", "/a" }, { "/x/y", "..", "/x" },
        { "/", "..", "/" }, { "/", "../../a", "/a" }, { "/", "a//b/./c/", "/a/b/c" },
        { "/", "a/b/../../..", "/" }, { "/a", ".", "/a" }, { "/", "...", "/..." }, { "/", "/", "/" },
    };
    char out[PV_PATH_MAX], longest[PV_PATH_MAX * 2];
    unsigned int i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(pv_path_normalise(cases[i].cwd, cases[i].path, out), 0);
        assert_string_equal(out, cases[i].want);
    }
    assert_int_equal(pv_path_normalise("/", "", out), -ENOENT);
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(pv_path_normalise("/", longest, out), -ENAMETOOLONG);
    longest[PV_PATH_MAX - 2] = '\0';
    assert_int_equal(pv_path_normalise("/", longest, out), 0);
    assert_int_equal(strlen(out), PV_PATH_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_tree, build),
        cmocka_unit_test_setup(test_truncated, build),
        cmocka_unit_test_setup(test_flipped, build),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
