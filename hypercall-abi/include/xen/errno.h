/* Error numbers of hypercalls, which return them negated: XEN_EPERM and so on. They are Linux's numbers; a C
 * library that numbers its errno differently translates.
 * Source of the names and numbers: Xen 4.17 public/errno.h.
 *
 * Two ways to include this file:
 *   plainly                  declares enum xen_errno; once, as usual
 *   with XEN_ERRNO defined   expands XEN_ERRNO(name, value) for each of them, e.g. XEN_ERRNO(EPERM, 1), as
 *                            often as it is included, and then removes XEN_ERRNO: for tables of names */
#ifndef XEN_ERRNO
#ifndef __XEN_PUBLIC_ERRNO_H__
#define __XEN_PUBLIC_ERRNO_H__
#include "xen-compat.h"
#define XEN_ERRNO_DEFAULT_INCLUDE
#ifdef __ASSEMBLY__
#define XEN_ERRNO(name, value) .equ XEN_##name, value
#else
#define XEN_ERRNO(name, value) XEN_##name = value,
enum xen_errno {
#endif
#endif
#endif

#ifdef XEN_ERRNO
XEN_ERRNO(EPERM, 1)              /* the caller may not do that */
XEN_ERRNO(ENOENT, 2)             /* no such thing: vcpu, port, record */
XEN_ERRNO(ESRCH, 3)              /* no such domain */
XEN_ERRNO(EIO, 5)
XEN_ERRNO(ENXIO, 6)
XEN_ERRNO(E2BIG, 7)              /* an argument counts too much */
XEN_ERRNO(ENOEXEC, 8)
XEN_ERRNO(EBADF, 9)
XEN_ERRNO(ECHILD, 10)
XEN_ERRNO(EAGAIN, 11)            /* not now; the same call may succeed later */
XEN_ERRNO(EWOULDBLOCK, 11)       /* EAGAIN's other name */
XEN_ERRNO(ENOMEM, 12)            /* no memory, or the domain is at its limit */
XEN_ERRNO(EACCES, 13)
XEN_ERRNO(EFAULT, 14)            /* a guest handle points where the caller can't read or write */
XEN_ERRNO(EBUSY, 16)             /* in use */
XEN_ERRNO(EEXIST, 17)            /* there already */
XEN_ERRNO(EXDEV, 18)
XEN_ERRNO(ENODEV, 19)            /* no such device or facility */
XEN_ERRNO(ENOTDIR, 20)
XEN_ERRNO(EISDIR, 21)
XEN_ERRNO(EINVAL, 22)            /* an argument makes no sense */
XEN_ERRNO(ENFILE, 23)
XEN_ERRNO(EMFILE, 24)
XEN_ERRNO(ENOSPC, 28)            /* a table or buffer is full */
XEN_ERRNO(EROFS, 30)
XEN_ERRNO(EMLINK, 31)
XEN_ERRNO(EDOM, 33)
XEN_ERRNO(ERANGE, 34)            /* a number is out of range */
XEN_ERRNO(EDEADLK, 35)
XEN_ERRNO(EDEADLOCK, 35)         /* EDEADLK's other name */
XEN_ERRNO(ENAMETOOLONG, 36)
XEN_ERRNO(ENOLCK, 37)
XEN_ERRNO(ENOSYS, 38)            /* no such hypercall or sub-operation */
XEN_ERRNO(ENOTEMPTY, 39)
XEN_ERRNO(ENODATA, 61)
XEN_ERRNO(ETIME, 62)             /* the moment asked for has passed */
XEN_ERRNO(EBADMSG, 74)
XEN_ERRNO(EOVERFLOW, 75)         /* the result does not fit */
XEN_ERRNO(EILSEQ, 84)
XEN_ERRNO(ENOTSOCK, 88)
XEN_ERRNO(EMSGSIZE, 90)
XEN_ERRNO(EOPNOTSUPP, 95)        /* known, but not for this kind of domain or on this host */
XEN_ERRNO(EADDRINUSE, 98)
XEN_ERRNO(EADDRNOTAVAIL, 99)
XEN_ERRNO(ENOBUFS, 105)          /* the caller's buffer is too small */
XEN_ERRNO(EISCONN, 106)
XEN_ERRNO(ENOTCONN, 107)
XEN_ERRNO(ETIMEDOUT, 110)
XEN_ERRNO(ECONNREFUSED, 111)
#undef XEN_ERRNO
#endif

#ifdef XEN_ERRNO_DEFAULT_INCLUDE
#undef XEN_ERRNO_DEFAULT_INCLUDE
#ifndef __ASSEMBLY__
};
#endif
#endif
