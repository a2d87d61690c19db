/* pages.c: what a network frontend shares with its backend: two ring pages, and pages for frames, all granted
 * while there is a backend. */
#include "net/private.h"

#include <errno.h>
#include <pv/grant.h>
#include <pv/memory.h>

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
        pv_grant_free_pages(p->page[p->count], 1, &p->ref[p->count], 1);
    }
}

int pv_nf_share(struct pv_netfront *n)
{
    if (pv_grant_kept() > PV_GRANT_KEPT_MOST)
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
        pv_grant_free_pages(n->tx_page, 1, &n->tx_ref, 1);
    if (n->rx_page)
        pv_grant_free_pages(n->rx_page, 1, &n->rx_ref, 1);
    n->tx_page = n->rx_page = NULL;
}
