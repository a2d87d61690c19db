/* The builder's steps, in order: layout, memory, contents, page tables, start_info, connections, first vcpu.
 * A failure leaves the domain to be destroyed by the caller; what is mapped or allocated here goes in any
 * case. */
#include <errno.h>
#include <string.h>

#include <pv/memory.h>
#include <pv/thread.h>

#include "build.h"
#include "build_vcpu.h"
#include "control.h"
#include "guest_window.h"
#include "layout.h"
#include "scratch.h"

#define POPULATE_BATCH 2048u /* frames between two looks at cancel */

_Static_assert(sizeof(xen_pfn_t) == sizeof(uint64_t), "the p2m list is an array of both");

struct builder {
    const struct build_request *request;
    struct build_result *result;
    struct toolstack_error *err;
    struct layout layout;
    uint64_t *p2m;       /* pfn -> machine frame */
    struct guest_window window;
};

static int step_failed(struct builder *b, int rc, const char *what)
{
    if (rc == -ECANCELED || *b->request->cancel)
        return toolstack_fail(b->err, -ECANCELED, b->request->name, "destroyed while it was being built");
    return toolstack_fail(b->err, rc, b->request->name, "%s failed", what);
}

static int compute_layout(const struct build_request *r, struct layout *layout, struct toolstack_error *err)
{
    const struct image_notes *notes = &r->image->notes;
    struct layout_input in = {
        .virt_base = notes->virt_base,
        .kernel_end = r->image->end,
        .ramdisk_bytes = r->ramdisk_bytes,
        .pages = r->pages,
        .init_p2m = notes->init_p2m,
        .ramdisk_unmapped = notes->mod_start_pfn,
    };

    return layout_compute(layout, &in, r->name, err);
}

uint64_t build_least_pages(const struct build_request *request, struct toolstack_error *err)
{
    struct layout layout;

    return compute_layout(request, &layout, err) ? 0 : layout.used_pages;
}

static int populate(struct builder *b)
{
    uint64_t pages = b->request->pages;

    for (uint64_t done = 0; done < pages;) {
        size_t batch = pages - done > POPULATE_BATCH ? POPULATE_BATCH : (size_t)(pages - done);
        int rc = -ECANCELED;

        if (!*b->request->cancel)
            rc = control_populate(b->request->domid, done, (xen_pfn_t *)b->p2m + done, batch);

        if (rc == -ENOMEM) {
            toolstack_fail(b->err, rc, b->request->name,
                           "the host ran out of memory: %llu of %llu KiB could be given to the domain",
                           (unsigned long long)done * 4, (unsigned long long)pages * 4);
            toolstack_advise(b->err, "destroy another domain or lower `memory`");
            return rc;
        }
        if (rc)
            return step_failed(b, rc, "giving memory to the domain");
        done += batch;
        pv_yield();
    }
    return 0;
}

static int load_contents(struct builder *b)
{
    const struct image *image = b->request->image;
    const struct layout *l = &b->layout;
    int rc = 0;

    for (unsigned i = 0; i < image->segments && rc == 0; i++) {
        const struct image_segment *s = &image->segment[i];
        uint64_t to = s->address - image->notes.virt_base;

        rc = guest_window_write(&b->window, to, image->elf + s->file_offset, s->file_size);
        if (rc == 0)
            rc = guest_window_write(&b->window, to + s->file_size, NULL, s->memory_size - s->file_size);
    }
    if (rc)
        return step_failed(b, rc, "loading the kernel");
    if (l->ramdisk_pages)
        rc = guest_window_write(&b->window, l->ramdisk_pfn << PV_PAGE_SHIFT, b->request->ramdisk,
                                b->request->ramdisk_bytes);
    if (rc)
        return step_failed(b, rc, "loading the ramdisk");
    rc = guest_window_write(&b->window, l->p2m_pfn << PV_PAGE_SHIFT, b->p2m, l->in.pages * sizeof(uint64_t));
    return rc ? step_failed(b, rc, "writing the p2m list") : 0;
}

static int write_range(struct builder *b, const struct layout_range *range)
{
    for (int level = 3; level >= 0; level--) {
        const struct layout_level *l = &range->level[level];

        for (uint64_t i = 0; i < l->count; i++) {
            size_t run;
            int rc;
            uint64_t *table = guest_window_at(&b->window, (l->pfn + i) << PV_PAGE_SHIFT, &run, &rc);

            if (!table)
                return rc;
            layout_fill_table(&b->layout, range, (unsigned)level, i, b->p2m, table);
        }
    }
    return 0;
}

static int write_tables(struct builder *b)
{
    int rc = write_range(b, &b->layout.region);

    if (rc == 0)
        rc = write_range(b, &b->layout.p2m);
    return rc ? step_failed(b, rc, "writing the page tables") : 0;
}

static int open_ports(struct builder *b)
{
    int rc = control_new_port(b->request->domid, &b->result->store_port);

    if (rc == 0)
        rc = control_new_port(b->request->domid, &b->result->console_port);
    return rc ? step_failed(b, rc, "opening the event channels of store and console") : 0;
}

static void fill_start_info(const struct builder *b, uint64_t shared_info_frame, struct start_info *s)
{
    const struct layout *l = &b->layout;
    const struct build_request *r = b->request;

    memset(s, 0, sizeof(*s));
    strcpy(s->magic, "xen-3.0-x86_64");
    s->nr_pages = r->pages;
    s->shared_info = shared_info_frame << PV_PAGE_SHIFT;
    s->flags = SIF_VIRT_P2M_4TOOLS;
    s->store_mfn = b->result->store_frame;
    s->store_evtchn = b->result->store_port;
    s->console.domU.mfn = b->result->console_frame;
    s->console.domU.evtchn = b->result->console_port;
    s->pt_base = layout_virt(l, l->tables_pfn);
    s->nr_pt_frames = l->tables;
    s->mfn_list = l->p2m_virt;
    if (l->ramdisk_pages) {
        bool by_pfn = l->in.ramdisk_unmapped;

        s->mod_start = by_pfn ? l->ramdisk_pfn : layout_virt(l, l->ramdisk_pfn);
        s->mod_len = r->ramdisk_bytes;
        s->flags |= by_pfn ? SIF_MOD_START_PFN : 0;
    }
    if (l->p2m_frames) {
        s->first_p2m_pfn = l->p2m_pfn;
        s->nr_p2m_frames = l->p2m_frames;
    }
    strncpy((char *)s->cmd_line, r->cmdline, MAX_GUEST_CMDLINE - 1);
}

/* start_info, and the pages of store and console, which begin empty. */
static int write_boot_pages(struct builder *b, uint64_t shared_info_frame)
{
    const struct layout *l = &b->layout;
    struct start_info s;
    int rc;

    b->result->store_frame = b->p2m[l->store_pfn];
    b->result->console_frame = b->p2m[l->console_pfn];
    fill_start_info(b, shared_info_frame, &s);
    rc = guest_window_write(&b->window, l->start_info_pfn << PV_PAGE_SHIFT, NULL, 3 * PV_PAGE_SIZE);
    if (rc == 0)
        rc = guest_window_write(&b->window, l->start_info_pfn << PV_PAGE_SHIFT, &s, sizeof(s));
    return rc ? step_failed(b, rc, "writing start_info") : 0;
}

static int fill_memory(struct builder *b, uint64_t shared_info_frame)
{
    int rc;

    b->window = (struct guest_window){ .domid = b->request->domid, .p2m = (const xen_pfn_t *)b->p2m,
                                       .end = b->layout.used_pages, .cancel = b->request->cancel };
    rc = load_contents(b);
    if (rc == 0)
        rc = write_boot_pages(b, shared_info_frame);
    if (rc == 0)
        rc = write_tables(b);
    guest_window_close(&b->window);
    return rc;
}

static int install_hypercall_page(struct builder *b)
{
    const struct image_notes *notes = &b->request->image->notes;
    uint64_t pfn = (notes->hypercall_page - notes->virt_base) >> PV_PAGE_SHIFT;
    int rc;

    if (notes->hypercall_page == IMAGE_UNSET)
        return 0;
    rc = control_hypercall_page(b->request->domid, b->p2m[pfn]);
    return rc ? step_failed(b, rc, "writing the hypercall page") : 0;
}

/* From the memory that the domain now has to a vcpu that could run. */
static int make_runnable(struct builder *b, const struct xen_domctl_getdomaininfo *info)
{
    const struct layout *l = &b->layout;
    domid_t domid = b->request->domid;
    xen_pfn_t l4 = b->p2m[l->tables_pfn];
    int rc = install_hypercall_page(b);

    if (rc)
        return rc;
    rc = control_pin(domid, l4);
    if (rc)
        return step_failed(b, rc, "validating the page tables");
    rc = build_mask_events(domid, info->shared_info_frame);
    if (rc)
        return step_failed(b, rc, "preparing shared_info");
    rc = build_seed_grants(domid, b->result->console_frame, b->result->store_frame);
    if (rc)
        return step_failed(b, rc, "granting the pages of console and store");
    rc = build_start_vcpu(domid, b->request->image->notes.entry, layout_virt(l, l->stack_pfn + 1),
                          layout_virt(l, l->start_info_pfn), l4);
    return rc ? step_failed(b, rc, "setting up the first vcpu") : 0;
}

static int build_steps(struct builder *b)
{
    struct xen_domctl_getdomaininfo info;
    int rc = populate(b);

    if (rc)
        return rc;
    rc = open_ports(b);
    if (rc)
        return rc;
    rc = control_info(b->request->domid, &info);
    if (rc)
        return step_failed(b, rc, "finding shared_info");
    rc = fill_memory(b, info.shared_info_frame);
    return rc ? rc : make_runnable(b, &info);
}

int build_domain(const struct build_request *request, struct build_result *result,
                 struct toolstack_error *err)
{
    struct builder b = { .request = request, .result = result, .err = err };
    size_t p2m_bytes = (size_t)request->pages * sizeof(uint64_t);
    int rc = compute_layout(request, &b.layout, err);

    if (rc)
        return rc;
    b.p2m = toolstack_alloc(p2m_bytes);
    if (!b.p2m)
        return toolstack_fail(err, -ENOMEM, request->name, "no memory for the domain's p2m list");
    rc = build_steps(&b);
    toolstack_release(b.p2m, p2m_bytes);
    return rc;
}
