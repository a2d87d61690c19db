/*
 * Error numbers. Hypercalls answer with Xen's numbers, which are Linux's; newlib's differ above 34. Functions
 * of the kit return negative newlib numbers (<errno.h>); raw HYPERVISOR_* functions return Xen's.
 */
#ifndef PV_ERROR_H
#define PV_ERROR_H

/* 0 and positive values are returned as they are; a negative Xen error becomes the negative newlib error of
 * the same name. A number that newlib has no name for becomes -EIO. */
int pv_errno_from_xen(long rc);

/* "ENOENT" for ENOENT or -ENOENT; "E?" for a number without a name. The string is constant. */
const char *pv_errno_name(int err);

/* "ENOENT" for XEN_ENOENT or -XEN_ENOENT: names of the hypervisor's own numbers. */
const char *pv_xen_errno_name(long err);

/* The positive newlib number for a name as the store sends it ("ENOENT"); EIO for an unknown name. */
int pv_errno_by_name(const char *name);

#endif
