/* Copies everything that a multiboot loader tells into boot_info. The loader's structures lie in memory that
 * is handed out later; the early page tables reach all of it, since it is below 4 GiB. */
#include "boot/multiboot.h"

#include "boot/boot-info.h"
#include "boot/boot-parse.h"
#include "lib/lib.h"
#include "memory/frame.h"

/* The loader passes a copy of the RSDP (36 bytes at most): ours. */
static uint8_t rsdp_copy[36];

static void add_module(struct boot_info *info, uint64_t start, uint64_t end, const char *cmdline, size_t max)
{
    struct boot_module *m = &info->modules[info->module_count];

    if (info->module_count == BOOT_MAX_MODULES)
        return;
    info->module_count++;
    m->start = start;
    m->end = end;
    strlcpy(m->cmdline, cmdline, MIN(max, sizeof(m->cmdline)));
}

/* ---- multiboot2 ---- */

static void read_mmap(struct boot_info *info, const struct mb2_mmap *tag)
{
    const char *p = (const char *)(tag + 1), *end = (const char *)tag + tag->size;

    info->range_count = 0;
    for (; p + sizeof(struct mb2_mmap_entry) <= end; p += tag->entry_size) {
        const struct mb2_mmap_entry *e = (const void *)p;

        boot_add_range(info, e->base, e->length, e->type);
    }
}

/* Types of the UEFI specification: what is RAM for us once the firmware's boot services have ended. */
static uint32_t efi_memory_type(uint32_t type)
{
    switch (type) {
    case 1: case 2: case 3: case 4: case 7: return 1;   /* loader, boot services, conventional */
    case 9: return 3;
    case 10: return 4;
    case 8: return 5;
    default: return 2;
    }
}

static void read_efi_mmap(struct boot_info *info, const struct mb2_efi_mmap *tag)
{
    const char *p = (const char *)(tag + 1), *end = (const char *)tag + tag->size;

    for (; p + sizeof(struct efi_memory) <= end; p += tag->descriptor_size) {
        const struct efi_memory *m = (const void *)p;

        boot_add_range(info, m->base, m->pages << PAGE_SHIFT, efi_memory_type(m->type));
    }
}

static void read_framebuffer(struct boot_info *info, const struct mb2_framebuffer *tag)
{
    info->framebuffer.address = tag->address;
    info->framebuffer.pitch = tag->pitch;
    info->framebuffer.width = tag->width;
    info->framebuffer.height = tag->height;
    info->framebuffer.bpp = tag->bpp;
    info->framebuffer.type = tag->kind;
    info->framebuffer.red_pos = tag->red_pos;
    info->framebuffer.green_pos = tag->green_pos;
    info->framebuffer.blue_pos = tag->blue_pos;
}

static void read_rsdp(struct boot_info *info, const struct mb2_tag *tag)
{
    size_t n = MIN(tag->size - sizeof(*tag), sizeof(rsdp_copy));

    memset(rsdp_copy, 0, sizeof(rsdp_copy));
    memcpy(rsdp_copy, tag + 1, n);
    info->rsdp = (uint64_t)(uintptr_t)rsdp_copy - IMAGE_VIRT;
}

static void read_tag(struct boot_info *info, const struct mb2_tag *tag)
{
    const char *text = (const char *)(tag + 1);
    size_t text_max = tag->size - sizeof(*tag);

    switch (tag->type) {
    case MB2_CMDLINE:
        strlcpy(info->cmdline, text, MIN(text_max, sizeof(info->cmdline)));
        break;
    case MB2_LOADER:
        strlcpy(info->loader, text, MIN(text_max, sizeof(info->loader)));
        break;
    case MB2_MODULE: {
        const struct mb2_module *m = (const void *)tag;

        add_module(info, m->start, m->end, m->cmdline, tag->size - sizeof(*m));
        break;
    }
    case MB2_MMAP:
        read_mmap(info, (const void *)tag);
        break;
    case MB2_EFI_MMAP:
        info->efi = true;
        if (!info->range_count)
            read_efi_mmap(info, (const void *)tag);
        break;
    case MB2_EFI64:
        info->efi = true;
        break;
    case MB2_FRAMEBUFFER:
        read_framebuffer(info, (const void *)tag);
        break;
    case MB2_ACPI_NEW:
        read_rsdp(info, tag);
        break;
    case MB2_ACPI_OLD:
        if (!info->rsdp)
            read_rsdp(info, tag);
        break;
    }
}

void multiboot2_read(struct boot_info *info, uint64_t address)
{
    const struct mb2_header *header = phys_virt(address);
    const char *end = (const char *)header + header->total_size;
    const struct mb2_tag *tag = (const void *)(header + 1);

    while ((const char *)(tag + 1) <= end && tag->type != MB2_END && tag->size >= sizeof(*tag)) {
        read_tag(info, tag);
        tag = (const void *)((const char *)tag + ROUND_UP(tag->size, 8));
    }
}

/* ---- multiboot1 ---- */

/* These strings begin with the file's name. */
static const char *after_name(uint32_t address)
{
    const char *s = phys_virt(address);

    while (*s && *s != ' ')
        s++;
    while (*s == ' ')
        s++;
    return s;
}

void multiboot1_read(struct boot_info *info, uint64_t address)
{
    const struct mb1_info *mb = phys_virt(address);

    if (mb->flags & MB1_CMDLINE)
        strlcpy(info->cmdline, after_name(mb->cmdline), sizeof(info->cmdline));
    if (mb->flags & MB1_LOADER)
        strlcpy(info->loader, phys_virt(mb->boot_loader_name), sizeof(info->loader));
    if (mb->flags & MB1_MODULES) {
        const struct mb1_module *m = phys_virt(mb->mods_addr);

        for (uint32_t i = 0; i < mb->mods_count; i++)
            add_module(info, m[i].start, m[i].end, m[i].string ? after_name(m[i].string) : "", SIZE_MAX);
    }
    if (mb->flags & MB1_MMAP) {
        const char *p = phys_virt(mb->mmap_addr), *end = p + mb->mmap_length;

        while (p + sizeof(struct mb1_mmap) <= end) {
            const struct mb1_mmap *e = (const void *)p;

            boot_add_range(info, e->base, e->length, e->type);
            p += e->size + sizeof(e->size);
        }
    }
}
