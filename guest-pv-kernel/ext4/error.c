/* error.c: what libext2fs says, as negative newlib errors. Our own I/O manager's codes are errno values
 * already. */
#include "private.h"

#include <errno.h>

#define ERRNO_MAX 255

int ext4_error(errcode_t rc)
{
    if (rc == 0)
        return 0;
    if (rc > 0 && rc <= ERRNO_MAX)
        return -(int)rc;
    switch (rc) {
    case EXT2_ET_BLOCK_ALLOC_FAIL:
    case EXT2_ET_INODE_ALLOC_FAIL:
    case EXT2_ET_DIR_NO_SPACE:
    case EXT2_ET_EXPAND_DIR_ERR:
        return -ENOSPC;
    case EXT2_ET_FILE_NOT_FOUND:
        return -ENOENT;
    case EXT2_ET_NO_MEMORY:
        return -ENOMEM;
    case EXT2_ET_NO_DIRECTORY:
        return -ENOTDIR;
    case EXT2_ET_DIR_EXISTS:
    case EXT2_ET_FILE_EXISTS:
        return -EEXIST;
    case EXT2_ET_RO_FILSYS:
        return -EROFS;
    case EXT2_ET_FILE_TOO_BIG:
        return -EFBIG;
    default:
        return -EIO;
    }
}
