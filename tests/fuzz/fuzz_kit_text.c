/* What the kit and its webserver parse: the boot archive, paths, a command line, what the store sends, a
 * client's request. Each lies in a block of exactly its size; the first byte of the input chooses. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "guests/webserver/request.h"
#include "kit/kit.h"
#include "vfs/private.h"
#include "xenbus/private.h"

int pv_cmdline_split(char *line, char **argv, int max);

static void check_cpio(const char *bytes, size_t size)
{
    struct pv_cpio tree;
    uint64_t cookie = 0;
    const struct pv_cpio_node *root, *node;
    size_t left;

    if (pv_cpio_parse(&tree, bytes, size))
        return;
    root = pv_cpio_find(&tree, "");
    left = tree.count;
    while (root && (node = pv_cpio_child(&tree, root, &cookie)) != NULL)
        if (left-- == 0 || strchr(node->path, '/'))
            kit_wrong("the root has %s", node->path);
    for (size_t i = 0; i < tree.count; i++) {
        const struct pv_cpio_node *n = &tree.nodes[i];

        if (n->size && (n->data < bytes || n->size > size || n->data + n->size > bytes + size))
            kit_wrong("%s lies outside of the archive", n->path);
        if (pv_cpio_find(&tree, n->path) != n)
            kit_wrong("%s is not found", n->path);
    }
    pv_cpio_free(&tree);
}

/* Absolute, without empty parts and dots; the same when it is done again. */
static void check_path(const char *text)
{
    char once[PV_PATH_MAX], twice[PV_PATH_MAX];

    if (pv_path_normalise("/some/where", text, once))
        return;
    if (once[0] != '/' || strstr(once, "//") || strstr(once, "/./") || strstr(once, "/../"))
        kit_wrong("%s", once);
    if (pv_path_normalise("/", once, twice) || strcmp(once, twice) != 0)
        kit_wrong("%s becomes %s", once, twice);
}

static void check_request(const char *bytes, size_t size)
{
    struct request r;
    int rc = request_parse(bytes, size, &r);

    if (rc > (int)size || (rc < 0 && rc > -400))
        kit_wrong("a request of %d bytes", rc);
    if (rc <= 0)
        return;
    if (r.path[0] != '/' || !memchr(r.path, 0, sizeof(r.path)) || strstr(r.path, "/../") ||
        (strlen(r.path) >= 3 && strcmp(r.path + strlen(r.path) - 3, "/..") == 0))
        kit_wrong("the path %s", r.path);
    if (r.has_range && r.first != UINT64_MAX && r.first > r.last)
        kit_wrong("a range from %lu to %lu", (unsigned long)r.first, (unsigned long)r.last);
}

static void check_words(char *line)
{
    char *argv[9];
    int n = pv_cmdline_split(line, argv, 8);

    if (n < 0 || n > 8 || argv[n])
        kit_wrong("%d words", n);
}

static void check_store(const char *bytes, size_t size)
{
    const char *path, *token;
    size_t n;
    char **names = pv_xs_split(bytes, size, &n);

    for (size_t i = 0; names && i < n; i++)
        if (strlen(names[i]) > size)
            kit_wrong("a name of %zu bytes", strlen(names[i]));
    free(names);
    if (pv_xs_parse_event(bytes, size, &path, &token) && token + strlen(token) >= bytes + size)
        kit_wrong("an event's token ends nowhere");
}

/* An archive's head in its place: a random one is none. */
static void add_head(char *bytes, size_t size)
{
    if (size >= 110) {
        memcpy(bytes, "070701", 6);
        for (unsigned i = 6; i < 110; i++)
            bytes[i] = (i - 6) / 8 == 1 || (i - 6) / 8 == 6 || (i - 6) / 8 == 11 ? bytes[i] : '0';
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned what = size ? data[0] : 0;
    char *bytes, *text;

    if (size == 0)
        return 0;
    bytes = malloc(size);
    text = malloc(size);
    memcpy(bytes, data + 1, size - 1);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    bytes = realloc(bytes, size - 1 ? size - 1 : 1);
    if (what % 4 == 0) {
        if (what & 4)
            add_head(bytes, size - 1);
        check_cpio(bytes, size - 1);
    } else if (what % 4 == 1) {
        check_path(text);
        check_words(text);
    } else if (what % 4 == 2) {
        check_store(bytes, size - 1);
    } else {
        check_request(bytes, size - 1);
    }
    free(bytes);
    free(text);
    return 0;
}
