/* The one family of functions that touch guest virtual memory of the running vcpu (its current address space; hypercalls
 * come from the guest kernel). The complete range is checked against the hypervisor's half; a page that is not there
 * gives false through the exception table. Each byte is fetched once. SMAP is opened inside only. */
#ifndef ENSO_MEMORY_GUEST_ACCESS_H
#define ENSO_MEMORY_GUEST_ACCESS_H

#include "boot/memory-map.h"
#include "cpu/cpu.h"
#include "lib/types.h"
#include "memory/extable.h"

/* True if [a, a+n) does not wrap, is canonical at both ends and lies outside the hypervisor's range. */
static inline bool guest_range_ok(uint64_t a, uint64_t n)
{
    if (a + n < a)
        return false;
    return a + n <= 0x0000800000000000 || a >= HYPERVISOR_END;
}

/* Between these two the hypervisor may touch pages that guests may touch. */
static inline void guest_access_open(void)
{
    if (cpu_features.smap)
        __asm__ volatile("stac" : : : "memory");
}
static inline void guest_access_close(void)
{
    if (cpu_features.smap)
        __asm__ volatile("clac" : : : "memory");
}

/* These return the number of bytes NOT copied (0: all). The ranges are checked inside. */
size_t copy_from_guest_bytes(void *dst, guest_addr_t src, size_t n) must_check;
size_t copy_to_guest_bytes(guest_addr_t dst, const void *src, size_t n) must_check;
size_t clear_guest(guest_addr_t dst, size_t n) must_check;

/* One word, between open and close, of a range that has been checked. False: the page is not there or not writable. */
static inline bool guest_fetch_word(uint64_t *dst, uint64_t src)
{
    uint64_t word;

    __asm__ goto volatile("1: movq (%1), %0\n" EXTABLE("1b", "%l[fault]") : "=r"(word) : "r"(src) : "memory" : fault);
    *dst = word;
    return true;
fault:
    return false;
}
static inline bool guest_store_word(uint64_t dst, uint64_t word)
{
    __asm__ goto volatile("1: movq %0, (%1)\n" EXTABLE("1b", "%l[fault]") : : "er"(word), "r"(dst) : "memory" : fault);
    return true;
fault:
    return false;
}

/* Structures of whole words and of constant size: straight code, the words one after the other. */
#define GUEST_COPY_INLINE 80
static inline __attribute__((always_inline)) size_t copy_from_guest_words(uint64_t *dst, uint64_t src, size_t words)
{
    bool ok = guest_range_ok(src, words * 8);

    if (unlikely(!ok))
        return words * 8;
    guest_access_open();
#pragma GCC unroll 10
    for (size_t i = 0; i < words; i++)
        ok = ok && guest_fetch_word(&dst[i], src + i * 8);
    guest_access_close();
    return ok ? 0 : words * 8;
}
static inline __attribute__((always_inline)) size_t copy_to_guest_words(uint64_t dst, const uint64_t *src, size_t words)
{
    bool ok = guest_range_ok(dst, words * 8);

    if (unlikely(!ok))
        return words * 8;
    guest_access_open();
#pragma GCC unroll 10
    for (size_t i = 0; i < words; i++)
        ok = ok && guest_store_word(dst + i * 8, src[i]);
    guest_access_close();
    return ok ? 0 : words * 8;
}

static inline __attribute__((always_inline)) must_check size_t copy_from_guest(void *dst, guest_addr_t src, size_t n)
{
    if (__builtin_constant_p(n) && n % 8 == 0 && n <= GUEST_COPY_INLINE)
        return copy_from_guest_words(dst, src.a, n / 8);
    return copy_from_guest_bytes(dst, src, n);
}
static inline __attribute__((always_inline)) must_check size_t copy_to_guest(guest_addr_t dst, const void *src, size_t n)
{
    if (__builtin_constant_p(n) && n % 8 == 0 && n <= GUEST_COPY_INLINE)
        return copy_to_guest_words(dst.a, src, n / 8);
    return copy_to_guest_bytes(dst, src, n);
}

/* Address of the i-th element of an array of elements of `size` bytes. The top of the address space, which no range check
 * accepts, if the index takes it beyond. */
static inline guest_addr_t guest_element(guest_addr_t base, uint64_t i, size_t size)
{
    uint64_t offset, a;

    if (__builtin_mul_overflow(i, (uint64_t)size, &offset) || __builtin_add_overflow(base.a, offset, &a))
        return guest_addr(UINT64_MAX);
    return guest_addr(a);
}
/* The i-th element of an array. */
#define copy_from_guest_index(dst, base, i) copy_from_guest((dst), guest_element((base), (i), sizeof(*(dst))), sizeof(*(dst)))
#define copy_to_guest_index(base, i, src)   copy_to_guest(guest_element((base), (i), sizeof(*(src))), (src), sizeof(*(src)))
/* Instruction bytes at the guest's rip: up to n, returns how many could be read (stops at a page that is not there). */
size_t fetch_guest_code(void *dst, uint64_t rip, size_t n);

#endif
