/* Kernel images: from the bytes of a file to "these bytes go to these pseudo-physical addresses, start
 * there". Pure: memory and yielding come through image_ops. Everything in a file is hostile: it is seen only
 * through bounded views, and every sum is checked. */
#ifndef ENSO_TOOLSTACK_IMAGE_H
#define ENSO_TOOLSTACK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define IMAGE_MAX_SEGMENTS 32
#define IMAGE_UNSET        UINT64_MAX /* an address that the image does not give */

/* What loading needs from its surroundings. alloc may answer NULL; its memory need not be zeroed; release
 * gets the same size. yield is called at least once per MiB of work, and may be NULL. */
struct image_ops {
    void *(*alloc)(size_t bytes);
    void (*release)(void *p, size_t bytes);
    void (*yield)(void);
};

/* One PT_LOAD: file_size bytes of the unpacked ELF, followed by zeroes up to memory_size. */
struct image_segment {
    uint64_t address;     /* virtual address in the bootstrap mapping; minus virt_base: pseudo-physical */
    uint64_t file_offset; /* in image.elf */
    uint64_t file_size;
    uint64_t memory_size;
};

/* What the notes (or __xen_guest) say, and what follows from them. Addresses are virtual. */
struct image_notes {
    uint64_t virt_base;       /* where pseudo-physical address 0 is mapped */
    uint64_t paddr_offset;    /* subtracted from p_paddr: the pseudo-physical address */
    uint64_t entry;
    uint64_t hypercall_page;  /* IMAGE_UNSET: the kernel has none */
    uint64_t init_p2m;        /* IMAGE_UNSET: the p2m list lives in the bootstrap mapping */
    uint64_t hv_start_low;    /* IMAGE_UNSET unless given */
    uint64_t l1_mfn_mask;     /* L1_MFN_VALID: the test that tells a present entry, 0 when not given */
    uint64_t l1_mfn_value;
    uint64_t required;        /* XENFEAT_* bits that the kernel insists on */
    uint64_t supported;       /* XENFEAT_* bits that it can use */
    bool mod_start_pfn;       /* the ramdisk need not be mapped */
    bool bsd_symtab;
    unsigned suspend_cancel;
    bool legacy;              /* found in a __xen_guest section, not in notes */
    char guest_os[32];
    char guest_version[32];
    char xen_version[32];
    char loader[32];
    char pae_mode[32];
};

/* A kernel ready to be built into a domain. elf points into the caller's file when nothing was packed,
 * otherwise to memory owned by the image. */
struct image {
    const uint8_t *elf;
    size_t elf_size;
    void *owned;              /* memory to release, NULL when elf is the caller's */
    size_t owned_size;
    const char *packing;      /* "none", "gzip", "xz", "zstd", "lz4" */
    bool bzimage;
    uint64_t start, end;      /* virtual addresses of the loaded image, end exclusive, not page-aligned */
    unsigned segments;
    struct image_segment segment[IMAGE_MAX_SEGMENTS];
    struct image_notes notes;
};

/* Unpacks the kernel in file[0..len) if it is packed and inspects the ELF.
 *   name   for error texts
 *   limit  refuse to unpack more bytes than this
 * The file must stay readable as long as the image when packing is "none".
 * Returns 0; -ENOEXEC not a kernel that can run here; -EBADMSG damaged; -EFBIG unpacks to too much; -ENOMEM;
 * -EOPNOTSUPP packed in a way that is not supported. err says why. On failure nothing stays allocated. */
int image_load(struct image *image, const char *name, const void *file, size_t len, uint64_t limit,
               const struct image_ops *ops, struct toolstack_error *err);

/* True if image_load() would have to unpack the file, so that keeping the result is worth memory. */
bool image_is_packed(const void *file, size_t len);

/* Inspects an ELF that is unpacked already: fills segments, notes, start and end from elf[0..size).
 * Same errors as image_load. */
int image_inspect(struct image *image, const char *name, const void *elf, size_t size,
                  struct toolstack_error *err);

/* Gives back what image_load allocated; the image is then empty. */
void image_release(struct image *image, const struct image_ops *ops);

#endif
