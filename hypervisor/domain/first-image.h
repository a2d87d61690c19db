/* The control domain's kernel as the boot loader left it. Read by the
 * hypervisor for the initial domain only. */
#ifndef ENSO_DOMAIN_FIRST_IMAGE_H
#define ENSO_DOMAIN_FIRST_IMAGE_H

#include "lib/types.h"

#define FIRST_MAX_SEGMENTS 16

struct first_segment { uint64_t virt, mem_bytes, file_bytes; const char *data; };
struct first_image {
    uint64_t virt_base, entry, end;     /* end: one above the highest address of a segment */
    uint64_t hypercall_page;            /* 0: none */
    bool mod_start_pfn;
    struct first_segment segments[FIRST_MAX_SEGMENTS];
    unsigned int segment_count;
};

/* Reads an ELF64 image with Xen's notes; panics with what is wrong. */
void first_image_read(struct first_image *image, const void *data, uint64_t bytes);

#endif
