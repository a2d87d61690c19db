/* Unpacking kernels: one output buffer that grows under limits, and one small driver per format over the
 * well-kept library that knows it. Pure: memory comes through image_ops. */
#ifndef ENSO_TOOLSTACK_UNPACK_H
#define ENSO_TOOLSTACK_UNPACK_H

#include "image.h"
#include "view.h"

#define UNPACK_STEP        (256u << 10) /* bytes produced between two yields */
#define UNPACK_RATIO       256u         /* more than this many times the input is a bomb ... */
#define UNPACK_RATIO_FREE  (4u << 20)   /* ... once it is more than this many bytes */

/* The output so far. data[0..used) is valid, data[used..size) is room. */
struct unpack {
    const char *name;            /* the file, for errors */
    struct view input;
    uint64_t expected;           /* what the file says it unpacks to, 0: it does not say. Not to be trusted */
    uint64_t limit;
    const struct image_ops *ops;
    struct toolstack_error *err;
    uint8_t *data;
    size_t used, size;
};

enum packing {
    PACKING_NONE, PACKING_GZIP, PACKING_XZ, PACKING_ZSTD, PACKING_LZ4, PACKING_LZMA, PACKING_BZIP2,
    PACKING_LZO, PACKING_UNKNOWN
};

/* What the first bytes say. PACKING_NONE: an ELF file. */
enum packing unpack_identify(struct view input);
const char *unpack_name(enum packing packing);

/* Unpacks u->input, all other fields of u set by the caller but data, used and size. 0; -EBADMSG, -EFBIG,
 * -ENOMEM, -EOPNOTSUPP with u->err filled and nothing allocated. On success data[0..size) belongs to the
 * caller. */
int unpack(struct unpack *u, enum packing packing);

/* -- For the drivers ----------------------------------------------------------------------------------- */

/* Makes room for at least one more byte, usually much more; refuses beyond the limits. */
int unpack_room(struct unpack *u, size_t at_least);

/* Accounts for bytes just produced at data + used; yields. */
int unpack_produced(struct unpack *u, size_t bytes);

/* Records that the output is beyond the limit and returns -EFBIG. */
int unpack_too_much(struct unpack *u);

/* The reason for damage: records it and returns -EBADMSG. */
int unpack_damaged(struct unpack *u, const char *format, const char *what);

/* Allocator callbacks for the libraries' own memory: opaque is the image_ops. */
void *unpack_alloc(void *opaque, size_t bytes);
void unpack_free(void *opaque, void *p);

int unpack_gzip(struct unpack *u);
int unpack_xz(struct unpack *u);
int unpack_zstd(struct unpack *u);
int unpack_lz4(struct unpack *u);

#endif
