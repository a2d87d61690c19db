/* The one family of functions that touch guest virtual memory of the running vcpu (its current address space; hypercalls
 * come from the guest kernel). The complete range is checked against the hypervisor's half; a page that is not there
 * gives false through the exception table. Each byte is fetched once. SMAP is opened inside only. */
#ifndef ENSO_MEMORY_GUEST_ACCESS_H
#define ENSO_MEMORY_GUEST_ACCESS_H

#include "boot/memory-map.h"
#include "lib/types.h"

/* True if [a, a+n) does not wrap, is canonical at both ends and lies outside the hypervisor's range. */
static inline bool guest_range_ok(uint64_t a, uint64_t n)
{
    if (a + n < a)
        return false;
    return a + n <= 0x0000800000000000 || a >= HYPERVISOR_END;
}

/* These return the number of bytes NOT copied (0: all). The ranges are checked inside. */
size_t copy_from_guest(void *dst, guest_addr_t src, size_t n) must_check;
size_t copy_to_guest(guest_addr_t dst, const void *src, size_t n) must_check;
size_t clear_guest(guest_addr_t dst, size_t n) must_check;
/* The i-th element of an array of elements of `size` bytes; -EFAULT also if the index overflows the address. */
#define copy_from_guest_index(dst, base, i) \
    copy_from_guest((dst), guest_add((base), (uint64_t)(i) * sizeof(*(dst))), sizeof(*(dst)))
#define copy_to_guest_index(base, i, src) \
    copy_to_guest(guest_add((base), (uint64_t)(i) * sizeof(*(src))), (src), sizeof(*(src)))
/* Instruction bytes at the guest's rip: up to n, returns how many could be read (stops at a page that is not there). */
size_t fetch_guest_code(void *dst, uint64_t rip, size_t n);

#endif
