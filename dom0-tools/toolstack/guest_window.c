/* See guest_window.h. */
#include <errno.h>
#include <string.h>

#include <pv/memory.h>
#include <pv/thread.h>

#include "guest_window.h"

void guest_window_close(struct guest_window *w)
{
    if (w->pages)
        pv_unmap(w->mapped, w->pages);
    w->pages = 0;
}

static int move(struct guest_window *w, uint64_t pfn)
{
    size_t pages = GUEST_WINDOW_PAGES;

    guest_window_close(w);
    pv_yield();
    if (w->cancel && *w->cancel)
        return -ECANCELED;
    if (pfn >= w->end)
        return -EFAULT;
    if (pages > w->end - pfn)
        pages = (size_t)(w->end - pfn);
    w->mapped = pv_map_frames(w->domid, w->p2m + pfn, pages, true, NULL);
    if (!w->mapped)
        return -ENOMEM;
    w->first = pfn;
    w->pages = pages;
    return 0;
}

void *guest_window_at(struct guest_window *w, uint64_t address, size_t *run, int *rc)
{
    uint64_t pfn = address >> PV_PAGE_SHIFT;
    size_t offset;

    *rc = 0;
    if (pfn < w->first || pfn - w->first >= w->pages)
        *rc = move(w, pfn);
    if (*rc)
        return NULL;
    offset = (size_t)(address - (w->first << PV_PAGE_SHIFT));
    *run = (w->pages << PV_PAGE_SHIFT) - offset;
    return w->mapped + offset;
}

int guest_window_write(struct guest_window *w, uint64_t address, const void *data, uint64_t bytes)
{
    const uint8_t *from = data;

    while (bytes) {
        size_t run;
        int rc;
        void *to = guest_window_at(w, address, &run, &rc);

        if (!to)
            return rc;
        if (run > bytes)
            run = (size_t)bytes;
        if (from) {
            memcpy(to, from, run);
            from += run;
        } else {
            memset(to, 0, run);
        }
        address += run;
        bytes -= run;
    }
    return 0;
}
