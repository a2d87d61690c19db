/* See first-image.h. Every offset is checked against the module: a broken
 * download shall say so, not run wild. */
#include <xen/elfnote.h>
#include "domain/first-image.h"
#include "lib/lib.h"

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct note_header { uint32_t name_bytes, desc_bytes, type; };

#define PT_LOAD 1
#define PT_NOTE 4

static const char *part(const char *data, uint64_t bytes, uint64_t offset, uint64_t n, const char *what)
{
    if (offset > bytes || n > bytes - offset)
        panic("control-domain kernel: %s lies outside the file (%lu bytes)", what, bytes);
    return data + offset;
}

static void read_note(struct first_image *image, uint32_t type, const char *desc, uint64_t n)
{
    uint64_t value = 0;

    memcpy(&value, desc, MIN(n, sizeof(value)));
    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        image->entry = value;
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        image->virt_base = value;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        image->hypercall_page = value;
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        image->mod_start_pfn = value & 1;
        break;
    }
}

static void read_notes(struct first_image *image, const char *at, uint64_t left)
{
    struct note_header h;

    while (left >= sizeof(h)) {
        uint64_t name, desc;

        memcpy(&h, at, sizeof(h));
        name = ROUND_UP((uint64_t)h.name_bytes, 4UL);
        desc = ROUND_UP((uint64_t)h.desc_bytes, 4UL);
        if (name + desc > left - sizeof(h))
            panic("control-domain kernel: a note is longer than its segment");
        if (h.name_bytes == 4 && memcmp(at + sizeof(h), "Xen", 4) == 0)
            read_note(image, h.type, at + sizeof(h) + name, h.desc_bytes);
        at += sizeof(h) + name + desc;
        left -= sizeof(h) + name + desc;
    }
}

static void read_segment(struct first_image *image, const char *data, uint64_t bytes,
                         const struct program_header *ph)
{
    const char *at = part(data, bytes, ph->offset, ph->filesz, "a segment");

    if (ph->type == PT_NOTE)
        read_notes(image, at, ph->filesz);
    if (ph->type != PT_LOAD || ph->memsz == 0)
        return;
    if (image->segment_count == FIRST_MAX_SEGMENTS || ph->filesz > ph->memsz ||
        ph->vaddr + ph->memsz < ph->vaddr)
        panic("control-domain kernel: too many segments, or a wrong one");
    image->segments[image->segment_count++] = (struct first_segment){ ph->vaddr, ph->memsz, ph->filesz, at };
    image->end = MAX(image->end, ph->vaddr + ph->memsz);
}

void first_image_read(struct first_image *image, const void *data, uint64_t bytes)
{
    struct elf_header h;

    memset(image, 0, sizeof(*image));
    memcpy(&h, part(data, bytes, 0, sizeof(h), "the header"), sizeof(h));
    if (memcmp(h.ident, "\177ELF\2\1", 6) || h.machine != 62 || h.phentsize != sizeof(struct program_header))
        panic("control-domain kernel: not an ELF image for x86-64");
    image->entry = h.entry;
    for (unsigned int i = 0; i < h.phnum; i++) {
        struct program_header ph;

        memcpy(&ph, part(data, bytes, h.phoff + i * sizeof(ph), sizeof(ph), "a program header"), sizeof(ph));
        read_segment(image, data, bytes, &ph);
    }
    for (unsigned int i = 0; i < image->segment_count; i++)
        if (image->segments[i].virt < image->virt_base || image->end - image->virt_base > 1UL << 30)
            panic("control-domain kernel: a segment lies below VIRT_BASE, or far above");
    if (image->segment_count == 0 || image->hypercall_page >= image->end ||
        (image->hypercall_page && image->hypercall_page < image->virt_base))
        panic("control-domain kernel: no segments, or the hypercall page is not in one");
}
