/* See kernel_cache.h. One list, most recently used first. One kernel is unpacked at a time, so that two
 * domains of the same kernel started together unpack it once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/thread.h>

#include "config.h"
#include "kernel_cache.h"
#include "scratch.h"

struct kernel {
    struct kernel *next;
    char path[CONFIG_PATH_SIZE];
    size_t file_size;
    uint64_t digest;
    unsigned users;
    bool kept;           /* in the list; otherwise it goes with its last user */
    struct image image;
};

static struct kernel *kernels;
static struct pv_mutex unpacking = PV_MUTEX_INIT;

#define DIGEST_STEP (1u << 20)

static uint64_t mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

/* Tells files apart that were exchanged under one name; not meant against an adversary, who could as well
 * write the file that is in use. */
static uint64_t digest_of(const uint8_t *bytes, size_t len)
{
    uint64_t digest = len, word;
    size_t i;

    for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, bytes + i, sizeof(word));
        digest = mix(digest, word);
        if (i % DIGEST_STEP == 0)
            pv_yield();
    }
    word = 0;
    memcpy(&word, bytes + i, len - i);
    return mix(digest, word);
}

static struct kernel *find(const char *path, size_t size, uint64_t digest)
{
    for (struct kernel **link = &kernels; *link; link = &(*link)->next) {
        struct kernel *k = *link;

        if (k->file_size == size && k->digest == digest && !strcmp(k->path, path)) {
            *link = k->next;
            k->next = kernels;
            kernels = k;
            return k;
        }
    }
    return NULL;
}

static void forget(struct kernel *k)
{
    for (struct kernel **link = &kernels; *link; link = &(*link)->next) {
        if (*link == k) {
            *link = k->next;
            break;
        }
    }
    k->kept = false;
}

static void free_kernel(struct kernel *k)
{
    image_release(&k->image, &toolstack_image_ops);
    free(k);
}

uint64_t kernel_cache_bytes(void)
{
    uint64_t bytes = 0;

    for (const struct kernel *k = kernels; k; k = k->next)
        bytes += k->image.owned_size;
    return bytes;
}

/* The unused kernel that was not asked for for the longest time. */
static struct kernel *oldest_unused(void)
{
    struct kernel *found = NULL;

    for (struct kernel *k = kernels; k; k = k->next)
        if (k->users == 0)
            found = k;
    return found;
}

static uint64_t shrink_to(uint64_t most)
{
    uint64_t freed = 0;
    struct kernel *k;

    while (kernel_cache_bytes() > most && (k = oldest_unused()) != NULL) {
        freed += k->image.owned_size;
        forget(k);
        free_kernel(k);
    }
    return freed;
}

uint64_t kernel_cache_drop(void)
{
    return shrink_to(0);
}

/* Without memory for the kernel, older ones make room and it is tried once more. */
static int load(struct kernel *k, const void *bytes, size_t len, uint64_t limit, struct toolstack_error *err)
{
    int rc = image_load(&k->image, k->path, bytes, len, limit, &toolstack_image_ops, err);

    if (rc == -ENOMEM && kernel_cache_drop())
        rc = image_load(&k->image, k->path, bytes, len, limit, &toolstack_image_ops, err);
    return rc;
}

static int load_new(const char *path, const void *bytes, size_t len, uint64_t digest, uint64_t limit,
                    struct kernel **kernel, struct toolstack_error *err)
{
    struct kernel *k = calloc(1, sizeof(*k));
    int rc;

    if (!k)
        return toolstack_fail(err, -ENOMEM, path, "no memory for the kernel's description");
    strncpy(k->path, path, sizeof(k->path) - 1);
    k->file_size = len;
    k->digest = digest;
    rc = load(k, bytes, len, limit, err);
    if (rc) {
        free(k);
        return rc;
    }
    k->users = 1;
    /* An image that points into the file costs nothing to make again, and the file may go away. */
    if (k->image.owned && k->image.owned_size <= KERNEL_CACHE_BYTES) {
        shrink_to(KERNEL_CACHE_BYTES - k->image.owned_size);
        k->kept = true;
        k->next = kernels;
        kernels = k;
    }
    *kernel = k;
    return 0;
}

int kernel_get(const char *path, const void *bytes, size_t len, uint64_t limit, struct kernel **kernel,
               struct toolstack_error *err)
{
    uint64_t digest = image_is_packed(bytes, len) ? digest_of(bytes, len) : 0;
    int rc = 0;

    pv_mutex_lock(&unpacking);
    *kernel = find(path, len, digest);
    if (*kernel)
        (*kernel)->users++;
    else
        rc = load_new(path, bytes, len, digest, limit, kernel, err);
    pv_mutex_unlock(&unpacking);
    return rc;
}

const struct image *kernel_image(const struct kernel *kernel)
{
    return &kernel->image;
}

void kernel_put(struct kernel *kernel)
{
    if (--kernel->users == 0 && !kernel->kept)
        free_kernel(kernel);
}
