/* Basic types of the hypervisor. Different kinds of numbers are different types: mixing them up does not
 * compile. */
#ifndef ENSO_LIB_TYPES_H
#define ENSO_LIB_TYPES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a)          (sizeof(a) / sizeof((a)[0]))
#define ROUND_UP(x, align)     (((x) + ((align) - 1)) & ~((typeof(x))(align) - 1))
#define ROUND_DOWN(x, align)   ((x) & ~((typeof(x))(align) - 1))
#define DIV_ROUND_UP(x, y)     (((x) + (y) - 1) / (y))
#define MIN(a, b)              ((a) < (b) ? (a) : (b))
#define MAX(a, b)              ((a) > (b) ? (a) : (b))

#define likely(x)    __builtin_expect(!!(x), 1)
#define unlikely(x)  __builtin_expect(!!(x), 0)
#define noreturn     __attribute__((__noreturn__))
#define cold         __attribute__((__cold__))
#define printf_like(f, a) __attribute__((__format__(printf, f, a)))
#define must_check   __attribute__((__warn_unused_result__))

/* Number of a machine frame (4 KiB of real memory). The only kind of frame number the hypervisor computes
 * with. */
typedef struct { uint64_t n; } mfn_t;

/* A virtual address in the address space of the running guest: never dereferenced, only given to the
 * functions of memory/guest-access.h, which check its whole range. */
typedef struct { uint64_t a; } guest_addr_t;

static inline mfn_t mfn(uint64_t n) { return (mfn_t){ n }; }
static inline mfn_t mfn_add(mfn_t m, uint64_t n) { return (mfn_t){ m.n + n }; }
static inline bool mfn_eq(mfn_t a, mfn_t b) { return a.n == b.n; }
#define MFN_NONE ((mfn_t){ UINT64_MAX })

static inline guest_addr_t guest_addr(uint64_t a) { return (guest_addr_t){ a }; }
static inline guest_addr_t guest_ptr(const void *p) { return (guest_addr_t){ (uint64_t)(uintptr_t)p }; }
static inline guest_addr_t guest_add(guest_addr_t g, uint64_t n) { return (guest_addr_t){ g.a + n }; }

#endif
