/* pages.c: what a network frontend shares with its backend: two ring pages, and pages for frames, all granted
 * while there is a backend. */
#include "net/private.h"

#include <errno.h>
#include <stdlib.h>
#include <pv/grant.h>
#include <pv/memory.h>

/* A page that a backend has not let go of: it may write it, so it is nobody else's. Looked at again whenever
 * pages are shared. */
struct kept {
    struct kept *next;
    void *page;
    grant_ref_t ref;
};

#define KEPT_MAX 1024u

static struct kept *kept;
static unsigned kept_count;

static void free_kept(void)
{
    struct kept **link = &kept, *k;

    while ((k = *link)) {
        if (pv_grant_end(k->ref) != 0) {
            link = &k->next;
            continue;
        }
        *link = k->next;
        pv_pages_free(k->page, 1);
        free(k);
        kept_count--;
    }
}

/* Without memory for the note the page is simply never used again. */
static void keep(void *page, grant_ref_t ref)
{
    struct kept *k = malloc(sizeof(*k));

    kept_count++;
    if (!k)
        return;
    *k = (struct kept){ kept, page, ref };
    kept = k;
}

static void *share_page(domid_t backend, bool readonly, grant_ref_t *ref)
{
    void *page = pv_pages_alloc(1);
    int rc = page ? pv_grant_access(backend, page, readonly) : -ENOMEM;

    if (rc >= 0) {
        *ref = (grant_ref_t)rc;
        return page;
    }
    if (page)
        pv_pages_free(page, 1);
    return NULL;
}

static void unshare_page(void *page, grant_ref_t ref)
{
    if (pv_grant_end(ref) == 0)
        pv_pages_free(page, 1);
    else
        keep(page, ref);
}

static bool share_pages(struct nf_pages *p, unsigned count, domid_t backend, bool readonly)
{
    for (p->count = 0; p->count < count; p->count++) {
        p->page[p->count] = share_page(backend, readonly, &p->ref[p->count]);
        if (!p->page[p->count])
            return false;
    }
    return true;
}

static void unshare_pages(struct nf_pages *p)
{
    while (p->count > 0) {
        p->count--;
        unshare_page(p->page[p->count], p->ref[p->count]);
    }
}

int pv_nf_share(struct pv_netfront *n)
{
    free_kept();
    if (kept_count > KEPT_MAX)
        return -ENOMEM;
    n->tx_page = share_page(n->fe.backend, false, &n->tx_ref);
    n->rx_page = share_page(n->fe.backend, false, &n->rx_ref);
    if (n->tx_page && n->rx_page && share_pages(&n->tx_pages, NF_TX_PAGES, n->fe.backend, true) &&
        share_pages(&n->rx_pages, NF_RX_PAGES, n->fe.backend, false)) {
        nf_tx_init(&n->tx, n->tx_page, &n->tx_pages);
        nf_rx_init(&n->rx, n->rx_page, &n->rx_pages);
        nf_rx_publish(&n->rx);
        return 0;
    }
    pv_nf_unshare(n);
    return -ENOMEM;
}

void pv_nf_unshare(struct pv_netfront *n)
{
    unshare_pages(&n->tx_pages);
    unshare_pages(&n->rx_pages);
    if (n->tx_page)
        unshare_page(n->tx_page, n->tx_ref);
    if (n->rx_page)
        unshare_page(n->rx_page, n->rx_ref);
    n->tx_page = n->rx_page = NULL;
}
