/* The initial domain is built from the boot modules: its kernel (an ELF image with Xen's notes) is copied,
 * the boot archive's frames are handed over as they are. Its memory is one region from VIRT_BASE on, pfn
 * by pfn: kernel, archive, p2m list, start_info, page tables, stack. Whoever wrote the boot menu is
 * trusted; a mistake is a panic that says what. */
#include <xen/errno.h>
#include "boot/boot-info.h"
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "domain/first-image.h"
#include "lib/lib.h"
#include "memory/frame-type.h"
#include "memory/heap.h"
#include "memory/m2p.h"
#include "memory/pagetable.h"
#include "memory/reservation.h"

#define DEFAULT_MEM_BYTES  (24UL << 20)     /* beside the boot archive */
#define PADDING            (512UL << 10)
#define REGION_ALIGN       (4UL << 20)
#define TABLE_FLAGS        (PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED)

/* Where everything lies, in pfns. */
struct first_layout {
    uint64_t kernel_pages, archive, archive_pages, p2m, p2m_pages, start_info, tables, table_count, stack,
        mapped, pages;
};

static uint64_t *p2m;   /* of the domain being built, in hypervisor memory */

static void *page_of(uint64_t pfn)
{
    return frame_virt(mfn(p2m[pfn]));
}

static uint64_t tables_for(uint64_t base, uint64_t end)
{
    uint64_t n = 1;

    for (unsigned int shift = 21; shift <= 39; shift += 9)
        n += ((end - 1) >> shift) - (base >> shift) + 1;
    return n;
}

static void lay_out(struct first_layout *l, const struct first_image *image, uint64_t archive_bytes,
                    uint64_t pages)
{
    uint64_t end;

    l->kernel_pages = DIV_ROUND_UP(image->end - image->virt_base, PAGE_SIZE);
    l->archive = l->kernel_pages;
    l->archive_pages = DIV_ROUND_UP(archive_bytes, PAGE_SIZE);
    l->pages = pages + l->archive_pages;
    l->p2m = l->archive + l->archive_pages;
    l->p2m_pages = DIV_ROUND_UP(l->pages * sizeof(uint64_t), PAGE_SIZE);
    l->start_info = l->p2m + l->p2m_pages;
    l->tables = l->start_info + 1;
    l->table_count = 0;
    /* More tables may need more tables. */
    do {
        uint64_t before = l->table_count;

        end = image->virt_base + ((l->tables + before + 1) << PAGE_SHIFT) + PADDING;
        end = ROUND_UP(end, REGION_ALIGN);
        l->table_count = tables_for(image->virt_base, end);
        if (l->table_count == before)
            break;
    } while (true);
    l->stack = l->tables + l->table_count;
    l->mapped = (end - image->virt_base) >> PAGE_SHIFT;
    if (l->mapped > l->pages)
        l->mapped = l->pages;
    if (l->stack >= l->pages)
        panic("dom0_mem: %lu MiB are too few for the control domain", pages >> (20 - PAGE_SHIFT));
}

/* Frames from the heap for every pfn but the archive's. */
static void take_memory(struct domain *d, const struct first_layout *l)
{
    for (uint64_t pfn = 0; pfn < l->pages;) {
        unsigned int order = 9;
        mfn_t m;

        if (pfn == l->archive && l->archive_pages) {
            pfn += l->archive_pages;
            continue;
        }
        while (order &&
               (pfn + (1UL << order) > l->pages || (pfn < l->archive && pfn + (1UL << order) > l->archive)))
            order--;
        m = reservation_take(d, order, false);
        while (mfn_eq(m, MFN_NONE) && order)
            m = reservation_take(d, --order, false);
        if (mfn_eq(m, MFN_NONE))
            panic("not enough memory for the control domain: %lu MiB wanted", l->pages >> (20 - PAGE_SHIFT));
        for (uint64_t i = 0; i < 1UL << order; i++)
            p2m[pfn++] = m.n + i;
    }
}

/* The loader put the archive at a page boundary; what lies behind it in its last page is cleared. */
static void take_archive(struct domain *d, const struct first_layout *l, const struct boot_module *module)
{
    uint64_t bytes;

    if (!module)
        return;
    bytes = module->end - module->start;
    if (module->start & (PAGE_SIZE - 1))
        panic("the boot archive does not start at a page boundary");
    memset(phys_virt(module->end), 0, ROUND_UP(bytes, PAGE_SIZE) - bytes);
    if (frame_assign(d, mfn(module->start >> PAGE_SHIFT), l->archive_pages))
        panic("boot archive can't be given to the control domain");
    for (uint64_t i = 0; i < l->archive_pages; i++)
        p2m[l->archive + i] = (module->start >> PAGE_SHIFT) + i;
}

static void load_kernel(const struct first_image *image)
{
    for (unsigned int i = 0; i < image->segment_count; i++) {
        const struct first_segment *s = &image->segments[i];
        uint64_t at = s->virt - image->virt_base;

        for (uint64_t done = 0; done < s->file_bytes;) {
            uint64_t offset = (at + done) & (PAGE_SIZE - 1),
                     n = MIN(PAGE_SIZE - offset, s->file_bytes - done);

            memcpy((char *)page_of((at + done) >> PAGE_SHIFT) + offset, s->data + done, n);
            done += n;
        }
    }
    if (image->hypercall_page)
        hypercall_page_fill(page_of((image->hypercall_page - image->virt_base) >> PAGE_SHIFT));
}

static bool is_table(const struct first_layout *l, uint64_t pfn)
{
    return pfn >= l->tables && pfn < l->tables + l->table_count;
}

/* The entry of `level` for va, making tables as needed from the pfns set aside for them. */
static pte_t *entry_for(const struct first_layout *l, uint64_t va, uint64_t *used)
{
    pte_t *table = page_of(l->tables);

    for (unsigned int level = 4; level > 1; level--) {
        pte_t *e = &table[pte_index(va, level)];

        if (!*e)
            *e = pte_make(mfn(p2m[l->tables + (*used)++]), TABLE_FLAGS);
        table = frame_virt(pte_mfn(*e));
    }
    return &table[pte_index(va, 1)];
}

static void build_tables(const struct first_layout *l, uint64_t virt_base)
{
    uint64_t used = 1;

    for (uint64_t pfn = 0; pfn < l->mapped; pfn++) {
        uint64_t flags = PTE_PRESENT | PTE_USER | PTE_ACCESSED | (is_table(l, pfn) ? 0 : PTE_RW | PTE_DIRTY);

        *entry_for(l, virt_base + (pfn << PAGE_SHIFT), &used) = pte_make(mfn(p2m[pfn]), flags);
    }
}

static void write_p2m(const struct first_layout *l)
{
    for (uint64_t i = 0; i < l->p2m_pages; i++)
        memcpy(page_of(l->p2m + i), &p2m[i * PAGE_SIZE / sizeof(uint64_t)],
               MIN(PAGE_SIZE, (l->pages - i * PAGE_SIZE / sizeof(uint64_t)) * sizeof(uint64_t)));
    for (uint64_t pfn = 0; pfn < l->pages; pfn++)
        m2p_set(mfn(p2m[pfn]), pfn);
}

static void write_start_info(struct domain *d, const struct first_layout *l, const struct first_image *image,
                             uint64_t archive_bytes, const char *cmdline)
{
    struct start_info *s = page_of(l->start_info);
    uint64_t base = image->virt_base;

    snprintf(s->magic, sizeof(s->magic), "xen-3.0-x86_64");
    s->nr_pages = l->pages;
    s->shared_info = virt_phys(d->shared_info);
    s->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    s->pt_base = base + (l->tables << PAGE_SHIFT);
    s->nr_pt_frames = l->table_count;
    s->mfn_list = base + (l->p2m << PAGE_SHIFT);
    if (archive_bytes) {
        s->mod_start = image->mod_start_pfn ? l->archive : base + (l->archive << PAGE_SHIFT);
        s->mod_len = archive_bytes;
        s->flags |= image->mod_start_pfn ? SIF_MOD_START_PFN : 0;
    }
    strlcpy((char *)s->cmd_line, cmdline, sizeof(s->cmd_line));
}

static void set_context(struct domain *d, const struct first_layout *l, const struct first_image *image)
{
    static struct vcpu_guest_context c;
    struct vcpu *v = d->vcpus[0];
    long rc;

    c.flags = VGCF_in_kernel | VGCF_online;
    c.user_regs.rip = image->entry;
    c.user_regs.rsp = image->virt_base + ((l->stack + 1) << PAGE_SHIFT);
    c.user_regs.rsi = image->virt_base + (l->start_info << PAGE_SHIFT);
    c.user_regs.rflags = 0x200;
    c.user_regs.cs = FLAT_KERNEL_CS;
    c.user_regs.ss = FLAT_KERNEL_SS;
    c.kernel_ss = FLAT_KERNEL_SS;
    c.kernel_sp = c.user_regs.rsp;
    c.ctrlreg[3] = xen_pfn_to_cr3(p2m[l->tables]);
    do {
        preempt_begin();
        rc = vcpu_set_context(v, &c);
    } while (rc == -ERESTART);
    if (rc)
        panic("control domain: context refused: %ld", rc);
}

static void pin_root(struct domain *d, mfn_t root)
{
    long rc;

    spin_lock(&d->mmu_lock);
    do {
        preempt_begin();
        rc = frame_get_type(root, FRAME_L4);
    } while (rc == -ERESTART);
    if (rc || !frame_get(root.n, d->id))
        panic("control domain: its page tables are refused: %ld", rc);
    atomic_fetch_or(&frame_of(root)->type, TYPE_PINNED);
    spin_unlock(&d->mmu_lock);
}

/* One, unless dom0_max_vcpus says otherwise. The first one is started here, the others by the domain. */
static unsigned int vcpus_wanted(const struct boot_info *info)
{
    char value[8];
    uint64_t n;

    if (!cmdline_option(info->cmdline, "dom0_max_vcpus", value, sizeof(value)))
        return 1;
    n = parse_number(value, NULL);
    return (unsigned int)(n < 1 ? 1 : MIN(n, (uint64_t)MAX_VCPUS));
}

static struct domain *make_domain(unsigned int vcpus)
{
    static const uint8_t no_handle[16];
    struct domain_limits limits = { .vcpus = vcpus, .ports = 4096, .grant_frames = 8, .maptrack_frames = 8 };
    struct domain *d;

    if (domain_create(0, true, no_handle, &limits, &d))
        panic("no memory for the control domain");
    d->frames_max = UINT64_MAX >> PAGE_SHIFT;
    d->io_ports_all = 1;
    return d;
}

void domain_build_first(const struct boot_info *info)
{
    const struct boot_module *archive = info->module_count > 1 ? &info->modules[1] : NULL;
    uint64_t archive_bytes = archive ? archive->end - archive->start : 0, bytes = DEFAULT_MEM_BYTES;
    struct first_image image;
    struct first_layout l;
    char option[32];
    struct domain *d;

    if (info->module_count == 0)
        panic("no control-domain kernel: the boot menu needs a module2 line");
    if (cmdline_option(info->cmdline, "dom0_mem", option, sizeof(option)))
        bytes = parse_size(option, NULL, 1024);
    first_image_read(&image, phys_virt(info->modules[0].start),
                     info->modules[0].end - info->modules[0].start);
    lay_out(&l, &image, archive_bytes, bytes >> PAGE_SHIFT);
    p2m = heap_alloc_zeroed(l.pages * sizeof(uint64_t));
    if (!p2m)
        panic("dom0_mem: %lu MiB are more than there are", bytes >> 20);

    d = make_domain(vcpus_wanted(info));
    first_domain = d;
    take_memory(d, &l);
    take_archive(d, &l, archive);
    load_kernel(&image);
    build_tables(&l, image.virt_base);
    write_p2m(&l);
    write_start_info(d, &l, &image, archive_bytes, info->modules[0].cmdline);
    pin_root(d, mfn(p2m[l.tables]));
    set_context(d, &l, &image);
    heap_free_bytes(p2m, l.pages * sizeof(uint64_t));
    for (uint64_t a = ROUND_DOWN(info->modules[0].start, PAGE_SIZE); a < info->modules[0].end; a += PAGE_SIZE)
        heap_free(mfn(a >> PAGE_SHIFT), 0);
    log_info("control domain: %lu MiB of memory, %lu KiB of boot archive", l.pages >> (20 - PAGE_SHIFT),
             archive_bytes >> 10);
    d->paused_by_control = false;
    domain_unpause(d);
}
