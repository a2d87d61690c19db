/* kept.c: pages that another domain still has mapped when we are through with them. It may write them, so they
 * are nobody else's until it lets go. */
#include <pv/grant.h>

#include <stdlib.h>
#include <string.h>
#include <pv/memory.h>

struct kept {
    struct kept *next;
    void *pages;
    size_t n, granted;
    grant_ref_t refs[];         /* of those that it may still have */
};

static struct kept *kept;
static size_t kept_pages;

/* What is left of the references, at their array's beginning. */
static size_t end_grants(grant_ref_t *refs, size_t n)
{
    size_t left = 0;

    for (size_t i = 0; i < n; i++)
        if (pv_grant_end(refs[i]) != 0)
            refs[left++] = refs[i];
    return left;
}

void pv_grant_free_pages(void *pages, size_t n, grant_ref_t *refs, size_t granted)
{
    size_t left = end_grants(refs, granted);
    struct kept *k;

    if (left == 0) {
        pv_pages_free(pages, n);
        return;
    }
    kept_pages += n;
    k = malloc(sizeof(*k) + left * sizeof(*refs));
    if (!k)
        return;                 /* they are never used again */
    *k = (struct kept){ .next = kept, .pages = pages, .n = n, .granted = left };
    memcpy(k->refs, refs, left * sizeof(*refs));
    kept = k;
}

size_t pv_grant_kept(void)
{
    struct kept **link = &kept, *k;

    while ((k = *link)) {
        k->granted = end_grants(k->refs, k->granted);
        if (k->granted != 0) {
            link = &k->next;
            continue;
        }
        *link = k->next;
        kept_pages -= k->n;
        pv_pages_free(k->pages, k->n);
        free(k);
    }
    return kept_pages;
}
