/* Which revision of the interface a source file is written for, and the integer types that all headers use.
 * Source of the numbers: Xen 4.17 public/xen-compat.h.
 *
 * The hypervisor serves every revision at once; only a few C names and field names depend on it. A file asks
 * for one by defining __XEN_INTERFACE_VERSION__ before its first include, e.g. 0x00030205. Unlike Xen, where
 * a file that says nothing gets the oldest names of all, it gets the newest here; docs/abi.md says why. */
#ifndef __XEN_PUBLIC_XEN_COMPAT_H__
#define __XEN_PUBLIC_XEN_COMPAT_H__

/* The newest revision that these headers describe: that of Xen 4.14 to 4.17. */
#define __XEN_LATEST_INTERFACE_VERSION__ 0x00040e00

/* Control tools always use the newest revision; everybody else does by default. */
#if defined(__XEN_TOOLS__) || !defined(__XEN_INTERFACE_VERSION__)
#undef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#endif

#if __XEN_INTERFACE_VERSION__ > __XEN_LATEST_INTERFACE_VERSION__
#error "__XEN_INTERFACE_VERSION__ is newer than these headers"
#endif

/* Older spelling of XEN_FLEX_ARRAY_DIM (xen.h). */
#define COMPAT_FLEX_ARRAY_DIM XEN_FLEX_ARRAY_DIM

/* Assembly sources get the constants only. */
#if defined(__ASSEMBLER__) && !defined(__ASSEMBLY__)
#define __ASSEMBLY__
#endif

/* A kernel built without a standard include path brings its own uint8_t to uint64_t and size_t. */
#if !defined(__ASSEMBLY__) && defined(__has_include)
#if __has_include(<stdint.h>) && __has_include(<stddef.h>)
#include <stddef.h>
#include <stdint.h>
#endif
#endif

#include "abi-assert.h"

#endif /* __XEN_PUBLIC_XEN_COMPAT_H__ */
