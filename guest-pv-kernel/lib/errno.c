/* errno.c: one table of error names with the hypervisor's number (= Linux's) and newlib's. Runs on the
 * host too, where both are the same. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <pv/error.h>

static const struct {
    const char *name;
    int xen, own;
} errors[] = {
    { "EPERM", 1, EPERM }, { "ENOENT", 2, ENOENT }, { "ESRCH", 3, ESRCH }, { "EINTR", 4, EINTR },
    { "EIO", 5, EIO }, { "ENXIO", 6, ENXIO }, { "E2BIG", 7, E2BIG }, { "ENOEXEC", 8, ENOEXEC },
    { "EBADF", 9, EBADF }, { "ECHILD", 10, ECHILD }, { "EAGAIN", 11, EAGAIN }, { "ENOMEM", 12, ENOMEM },
    { "EACCES", 13, EACCES }, { "EFAULT", 14, EFAULT }, { "EBUSY", 16, EBUSY }, { "EEXIST", 17, EEXIST },
    { "EXDEV", 18, EXDEV }, { "ENODEV", 19, ENODEV }, { "ENOTDIR", 20, ENOTDIR }, { "EISDIR", 21, EISDIR },
    { "EINVAL", 22, EINVAL }, { "ENFILE", 23, ENFILE }, { "EMFILE", 24, EMFILE }, { "ENOTTY", 25, ENOTTY },
    { "EFBIG", 27, EFBIG }, { "ENOSPC", 28, ENOSPC }, { "ESPIPE", 29, ESPIPE }, { "EROFS", 30, EROFS },
    { "EMLINK", 31, EMLINK }, { "EPIPE", 32, EPIPE }, { "EDOM", 33, EDOM }, { "ERANGE", 34, ERANGE },
    { "EDEADLK", 35, EDEADLK }, { "ENAMETOOLONG", 36, ENAMETOOLONG }, { "ENOSYS", 38, ENOSYS },
    { "ENOTEMPTY", 39, ENOTEMPTY }, { "ELOOP", 40, ELOOP }, { "ENODATA", 61, ENODATA },
    { "ETIME", 62, ETIME },
    { "EPROTO", 71, EPROTO }, { "EBADMSG", 74, EBADMSG }, { "EOVERFLOW", 75, EOVERFLOW },
    { "EILSEQ", 84, EILSEQ }, { "ENOTSOCK", 88, ENOTSOCK }, { "EMSGSIZE", 90, EMSGSIZE },
    { "EOPNOTSUPP", 95, EOPNOTSUPP }, { "EADDRINUSE", 98, EADDRINUSE },
    { "EADDRNOTAVAIL", 99, EADDRNOTAVAIL }, { "ECONNRESET", 104, ECONNRESET }, { "ENOBUFS", 105, ENOBUFS },
    { "EISCONN", 106, EISCONN }, { "ENOTCONN", 107, ENOTCONN }, { "ETIMEDOUT", 110, ETIMEDOUT },
    { "ECONNREFUSED", 111, ECONNREFUSED }, { "EALREADY", 114, EALREADY }, { "EINPROGRESS", 115, EINPROGRESS },
    { "ERESTART", 85, EINTR }, { "ENOTBLK", 15, EIO }, { "EREMOTEIO", 121, EIO },
    { "EMEDIUMTYPE", 124, EIO },
};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))

int pv_errno_from_xen(long rc)
{
    size_t i;

    if (rc >= 0)
        return (int)rc;
    for (i = 0; i < ERRORS; i++)
        if (errors[i].xen == -rc)
            return -errors[i].own;
    return -EIO;
}

const char *pv_errno_name(int err)
{
    size_t i;

    for (i = 0; i < ERRORS; i++)
        if (errors[i].own == (err < 0 ? -err : err))
            return errors[i].name;
    return "E?";
}

const char *pv_xen_errno_name(long err)
{
    size_t i;

    for (i = 0; i < ERRORS; i++)
        if (errors[i].xen == (err < 0 ? -err : err))
            return errors[i].name;
    return "E?";
}

int pv_errno_by_name(const char *name)
{
    size_t i;

    for (i = 0; i < ERRORS; i++)
        if (strcmp(errors[i].name, name) == 0)
            return errors[i].own;
    return EIO;
}
