/* The store's wire protocol: a header, then `len` bytes of payload, in both directions, through a ring page
 * or a socket. Source of all names, numbers and layouts: Xen 4.17 public/io/xs_wire.h; of the payloads:
 * docs/misc/xenstore.txt of the same release.
 *
 * In the table: what is sent > what is answered; `|` is a NUL byte, `*` may repeat, `ok` is "OK|". An error
 * is answered by XS_ERROR with its name ("ENOENT|"). */
#ifndef _XS_WIRE_H
#define _XS_WIRE_H

#include "../xen-compat.h"

/* Types of messages. */
enum xsd_sockmsg_type {
    XS_CONTROL,                             /* command|argument|*  >  text|         control domain only */
#define XS_DEBUG XS_CONTROL
    XS_DIRECTORY,                           /* path|               >  child|* */
    XS_READ,                                /* path|               >  value */
    XS_GET_PERMS,                        /* path|               >  permission|*  a letter and a domid: "n0" */
    XS_WATCH,                               /* path|token|         >  ok            then one event at once */
    XS_UNWATCH,                             /* path|token|         >  ok */
    XS_TRANSACTION_START,                   /* |                   >  id|           decimal */
    XS_TRANSACTION_END,       /* T| or F|            >  ok            F: drop it. EAGAIN: do it again */
    XS_INTRODUCE,                           /* domid|mfn|port|     >  ok            control domain only */
    XS_RELEASE,                             /* domid|              >  ok            control domain only */
    XS_GET_DOMAIN_PATH,                     /* domid|              >  path| */
    XS_WRITE,                               /* path|value          >  ok */
    XS_MKDIR,                               /* path|               >  ok */
    XS_RM,                                  /* path|               >  ok */
    XS_SET_PERMS,                         /* path|permission|*   >  ok            the first names the owner */
    XS_WATCH_EVENT,                         /* (none)              >  path|token|   unasked */
    XS_ERROR,                               /* (none)              >  name| */
    XS_IS_DOMAIN_INTRODUCED,                /* domid|              >  T| or F| */
    XS_RESUME,                              /* domid|              >  ok            control domain only */
    XS_SET_TARGET,                          /* domid|target|       >  ok            control domain only */
    XS_RESET_WATCHES = XS_SET_TARGET + 2,   /* |                   >  ok            drops all of them */
    XS_DIRECTORY_PART,                 /* path|offset|        >  generation|child|*   one more | at the end */
    XS_TYPE_COUNT,                          /* one above the last */
    XS_INVALID = 0xffff                     /* never a type */
};

/* Older forms of XS_WRITE. */
#define XS_WRITE_NONE "NONE"
#define XS_WRITE_CREATE "CREATE"
#define XS_WRITE_CREATE_EXCL "CREATE|EXCL"

/* The header of a message. */
struct xsd_sockmsg {
    uint32_t type;     /* XS_* */
    uint32_t req_id;   /* chosen by the client, repeated in the answer; 0 in events */
    uint32_t tx_id;    /* transaction, or 0 */
    uint32_t len;      /* bytes that follow, at most XENSTORE_PAYLOAD_MAX */
};
ABI_LAYOUT(struct xsd_sockmsg, 16, (type, 0), (req_id, 4), (tx_id, 8), (len, 12));

/* Positions of the two texts in XS_WATCH_EVENT. */
enum xs_watch_type {
    XS_WATCH_PATH = 0,
    XS_WATCH_TOKEN
};

/* Names of the errors that the store may answer, with the numbers of the C library in use. Only after
 * <errno.h>. */
struct xsd_errors {
    int errnum;
    const char *errstring;
};
#ifdef EINVAL
#define XSD_ERROR(x) { x, #x }
__attribute__((unused)) static const struct xsd_errors xsd_errors[] = {
    XSD_ERROR(EINVAL), XSD_ERROR(EACCES), XSD_ERROR(EEXIST), XSD_ERROR(EISDIR), XSD_ERROR(ENOENT),
    XSD_ERROR(ENOMEM), XSD_ERROR(ENOSPC), XSD_ERROR(EIO), XSD_ERROR(ENOTEMPTY), XSD_ERROR(ENOSYS),
    XSD_ERROR(EROFS), XSD_ERROR(EBUSY), XSD_ERROR(EAGAIN), XSD_ERROR(EISCONN), XSD_ERROR(E2BIG),
    XSD_ERROR(EPERM),
};
#endif

/* Limits: bytes of a payload (more ends the connection); of an absolute and a relative path (more is an
 * error). */
#define XENSTORE_PAYLOAD_MAX 4096
#define XENSTORE_ABS_PATH_MAX 3072
#define XENSTORE_REL_PATH_MAX 2048

/* The ring page of a domain, two rings of bytes. Indices run freely; a producer writes bytes, then, after a
 * barrier, its index, then signals the port. */
#define XENSTORE_RING_SIZE 1024
typedef uint32_t XENSTORE_RING_IDX;
#define MASK_XENSTORE_IDX(idx) ((idx) & (XENSTORE_RING_SIZE - 1))
struct xenstore_domain_interface {
    char req[XENSTORE_RING_SIZE];            /* from the domain */
    char rsp[XENSTORE_RING_SIZE];            /* to the domain */
    XENSTORE_RING_IDX req_cons, req_prod;    /* store, domain */
    XENSTORE_RING_IDX rsp_cons, rsp_prod;    /* domain, store */
    uint32_t server_features;                /* store: XENSTORE_SERVER_FEATURE_* */
    uint32_t connection;                     /* XENSTORE_CONNECTED or XENSTORE_RECONNECT */
    uint32_t error;                          /* store: XENSTORE_ERROR_* */
};
ABI_LAYOUT(struct xenstore_domain_interface, 2076, (req, 0), (rsp, 1024), (req_cons, 2048), (req_prod, 2052),
           (rsp_cons, 2056), (rsp_prod, 2060), (server_features, 2064), (connection, 2068), (error, 2072));

#define XENSTORE_SERVER_FEATURE_RECONNECTION 1   /* `connection` counts */
#define XENSTORE_SERVER_FEATURE_ERROR 2          /* `error` counts */
#define XENSTORE_CONNECTED 0
#define XENSTORE_RECONNECT 1                 /* domain: drop all state and begin anew; store answers with 0 */
#define XENSTORE_ERROR_NONE 0
#define XENSTORE_ERROR_COMM 1                    /* the connection does not work */
#define XENSTORE_ERROR_RINGIDX 2                 /* indices that can't be */
#define XENSTORE_ERROR_PROTO 3                   /* a payload too long */

#endif /* _XS_WIRE_H */
