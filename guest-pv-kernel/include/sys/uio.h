/* Pieces of memory, for sendmsg() and recvmsg(). */
#ifndef PV_SYS_UIO_H
#define PV_SYS_UIO_H

#include <stddef.h>

struct iovec {
    void *iov_base;
    size_t iov_len;
};

#endif
