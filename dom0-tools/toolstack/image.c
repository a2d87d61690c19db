/* From a file to a kernel that the builder can place: unwrap, unpack, read the ELF, check the addresses. */
#include <errno.h>
#include <string.h>

#include "bzimage.h"
#include "image_notes.h"
#include "unpack.h"

#define PAGE 4096u

/* The size of a plain gzip file is in its last four bytes, modulo 4 GiB. */
static uint64_t promised_size(struct view file, enum packing packing)
{
    return packing == PACKING_GZIP && file.size >= 4 ? view_number(file, file.size - 4, 4) : 0;
}

static int bad_segment(const struct elf_file *elf, struct toolstack_error *err, unsigned i, const char *what)
{
    return toolstack_fail(err, -EBADMSG, elf->name, "segment %u %s", i, what);
}

/* Addresses are still physical ones (p_paddr) here. */
static int read_segment(struct image *image, const struct elf_file *elf, unsigned i,
                        struct toolstack_error *err)
{
    struct elf_program p = elf_program(elf, i);

    if (p.type != ELF_PT_LOAD || p.memory_size == 0)
        return 0;
    if (p.file_size > p.memory_size)
        return bad_segment(elf, err, i, "has more bytes in the file than in memory");
    if (!view_has(elf->bytes, p.offset, p.file_size))
        return bad_segment(elf, err, i, "lies outside of the file");
    if (p.memory_size > UINT64_MAX - p.paddr)
        return bad_segment(elf, err, i, "wraps around the address space");
    if (image->segments == IMAGE_MAX_SEGMENTS)
        return toolstack_fail(err, -EBADMSG, elf->name, "more than %u segments", IMAGE_MAX_SEGMENTS);
    image->segment[image->segments++] = (struct image_segment){
        .address = p.paddr, .file_offset = p.offset, .file_size = p.file_size, .memory_size = p.memory_size,
    };
    return 0;
}

static int check_overlap(const struct image *image, const char *name, struct toolstack_error *err)
{
    for (unsigned i = 0; i < image->segments; i++) {
        const struct image_segment *a = &image->segment[i];

        for (unsigned j = 0; j < i; j++) {
            const struct image_segment *b = &image->segment[j];

            if (a->address < b->address + b->memory_size && b->address < a->address + a->memory_size)
                return toolstack_fail(err, -EBADMSG, name, "load segments %u and %u overlap", j, i);
        }
    }
    return 0;
}

static int read_segments(struct image *image, const struct elf_file *elf, struct toolstack_error *err)
{
    for (unsigned i = 0; i < elf->programs; i++) {
        int rc = read_segment(image, elf, i, err);

        if (rc)
            return rc;
    }
    if (image->segments == 0)
        return toolstack_fail(err, -ENOEXEC, elf->name, "nothing to load: no segment has contents");
    return check_overlap(image, elf->name, err);
}

/* Defaults of the addresses that notes may leave out. The older section counts physical addresses from
 * VIRT_BASE on, notes from 0 on. */
static int settle_base(struct image_notes *n, const struct elf_file *elf, struct toolstack_error *err)
{
    if (n->virt_base == IMAGE_UNSET && n->paddr_offset != IMAGE_UNSET)
        return toolstack_fail(err, -EBADMSG, elf->name, "PADDR_OFFSET is given without VIRT_BASE");
    if (n->virt_base == IMAGE_UNSET)
        n->virt_base = 0;
    if (n->paddr_offset == IMAGE_UNSET)
        n->paddr_offset = n->legacy ? n->virt_base : 0;
    if (n->virt_base % PAGE || n->paddr_offset % PAGE)
        return toolstack_fail(err, -EBADMSG, elf->name, "VIRT_BASE or PADDR_OFFSET is not page-aligned");
    if (n->entry == IMAGE_UNSET)
        n->entry = elf->entry;
    return 0;
}

/* From physical to virtual addresses, and the bounds of it all. */
static int place_segments(struct image *image, const char *name, struct toolstack_error *err)
{
    const struct image_notes *n = &image->notes;

    image->start = UINT64_MAX;
    image->end = 0;
    for (unsigned i = 0; i < image->segments; i++) {
        struct image_segment *s = &image->segment[i];
        uint64_t offset = s->address - n->paddr_offset;

        if (s->address < n->paddr_offset)
            return toolstack_fail(err, -EBADMSG, name, "load segment %u lies below PADDR_OFFSET", i);
        if (offset > UINT64_MAX - n->virt_base || s->memory_size > UINT64_MAX - n->virt_base - offset)
            return toolstack_fail(err, -EBADMSG, name, "load segment %u wraps around the address space", i);
        s->address = n->virt_base + offset;
        if (s->address < image->start)
            image->start = s->address;
        if (s->address + s->memory_size > image->end)
            image->end = s->address + s->memory_size;
    }
    return 0;
}

static int check_addresses(const struct image *image, const char *name, struct toolstack_error *err)
{
    const struct image_notes *n = &image->notes;

    if (n->entry < image->start || n->entry >= image->end)
        return toolstack_fail(err, -EBADMSG, name, "the entry 0x%llx is not in the kernel, 0x%llx to 0x%llx",
                              (unsigned long long)n->entry, (unsigned long long)image->start,
                              (unsigned long long)image->end);
    if (n->hypercall_page != IMAGE_UNSET &&
        (n->hypercall_page % PAGE || n->hypercall_page < image->start - image->start % PAGE ||
         n->hypercall_page >= image->end))
        return toolstack_fail(err, -EBADMSG, name, "the hypercall page 0x%llx is not a page of the kernel",
                              (unsigned long long)n->hypercall_page);
    return 0;
}

int image_inspect(struct image *image, const char *name, const void *bytes, size_t size,
                  struct toolstack_error *err)
{
    struct elf_file elf;
    int rc;

    image->elf = bytes;
    image->elf_size = size;
    image->segments = 0;
    rc = elf_open(&elf, name, (struct view){ bytes, size }, err);
    if (rc == 0)
        rc = image_notes_read(&image->notes, &elf, err);
    if (rc == 0)
        rc = settle_base(&image->notes, &elf, err);
    if (rc == 0)
        rc = read_segments(image, &elf, err);
    if (rc == 0)
        rc = place_segments(image, name, err);
    if (rc == 0)
        rc = check_addresses(image, name, err);
    return rc;
}

bool image_is_packed(const void *file, size_t len)
{
    return unpack_identify((struct view){ file, len }) != PACKING_NONE;
}

static int open_file(struct image *image, const char *name, struct view file, struct view *kernel,
                     uint64_t *expected, struct toolstack_error *err)
{
    if (file.size == 0)
        return toolstack_fail(err, -ENOEXEC, name, "the kernel file is empty");
    *kernel = file;
    *expected = promised_size(file, unpack_identify(file));
    image->bzimage = bzimage_is(file);
    return image->bzimage ? bzimage_payload(file, name, kernel, expected, err) : 0;
}

static int unknown_file(const char *name, struct toolstack_error *err)
{
    toolstack_fail(err, -ENOEXEC, name, "neither an ELF file nor a bzImage nor packed in a known way");
    toolstack_advise(err, "`kernel` must name a PV kernel");
    return -ENOEXEC;
}

int image_load(struct image *image, const char *name, const void *file, size_t len, uint64_t limit,
               const struct image_ops *ops, struct toolstack_error *err)
{
    struct unpack u = { .name = name, .limit = limit, .ops = ops, .err = err };
    enum packing packing;
    int rc;

    memset(image, 0, sizeof(*image));
    rc = open_file(image, name, (struct view){ file, len }, &u.input, &u.expected, err);
    if (rc)
        return rc;
    packing = unpack_identify(u.input);
    image->packing = unpack_name(packing);
    if (packing == PACKING_NONE)
        return image_inspect(image, name, u.input.at, u.input.size, err);
    if (packing == PACKING_UNKNOWN)
        return unknown_file(name, err);

    rc = unpack(&u, packing);
    if (rc)
        return rc;
    image->owned = u.data;
    image->owned_size = u.size;
    rc = image_inspect(image, name, u.data, u.used, err);
    if (rc)
        image_release(image, ops);
    return rc;
}

void image_release(struct image *image, const struct image_ops *ops)
{
    if (image->owned)
        ops->release(image->owned, image->owned_size);
    memset(image, 0, sizeof(*image));
}
