/* The one family of functions that touch guest virtual memory of the running vcpu (its current address
 * space; hypercalls come from the guest kernel). The complete range is checked against the hypervisor's
 * half; a page that is not there gives false through the exception table. Each byte is fetched once. SMAP
 * is opened inside only. */
#ifndef ENSO_MEMORY_GUEST_ACCESS_H
#define ENSO_MEMORY_GUEST_ACCESS_H

#include "boot/memory-map.h"
#include "cpu/cpu.h"
#include "lib/types.h"
#include "memory/extable.h"

/* Copies of constant size are compiled into their callers. */
#define forced_inline inline __attribute__((__always_inline__))

/* True if the n > 0 bytes from a on do not wrap (they may end at 2^64), are canonical at both ends and lie
 * outside the hypervisor's range. */
static inline bool guest_range_ok(uint64_t a, uint64_t n)
{
    uint64_t last = a + n - 1;

    return last >= a && (last < 0x0000800000000000 || a >= HYPERVISOR_END);
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

/* Whether an access of few bytes may begin here. What begins below the hypervisor's half and reaches into
 * it begins in the non-canonical hole and faults there; so does everything else in the hole. */
static inline bool guest_start_ok(uint64_t a)
{
    return (a - HYPERVISOR_START) >= HYPERVISOR_END - HYPERVISOR_START;
}

/* One word, or half of one, between open and close, at an address that may be touched. False: it faulted.
 * For the compiler the address is a number: it learns nothing from its use, not even that it is not 0. */
static forced_inline bool guest_fetch_word(uint64_t *dst, uint64_t src)
{
    uint64_t word;

    __asm__ goto volatile("1: movq %a1, %0\n" EXTABLE("1b", "%l[fault]")
                          : "=r"(word) : "p"(src) : : fault);
    *dst = word;
    return true;
fault:
    return false;
}
static forced_inline bool guest_fetch_half(uint32_t *dst, uint64_t src)
{
    uint32_t half;

    __asm__ goto volatile("1: movl %a1, %0\n" EXTABLE("1b", "%l[fault]")
                          : "=r"(half) : "p"(src) : : fault);
    *dst = half;
    return true;
fault:
    return false;
}
static forced_inline bool guest_store_word(uint64_t dst, uint64_t word)
{
    __asm__ goto volatile("1: movq %1, %a0\n" EXTABLE("1b", "%l[fault]")
                          : : "p"(dst), "er"(word) : : fault);
    return true;
fault:
    return false;
}
static forced_inline bool guest_store_half(uint64_t dst, uint32_t half)
{
    __asm__ goto volatile("1: movl %1, %a0\n" EXTABLE("1b", "%l[fault]")
                          : : "p"(dst), "ir"(half) : : fault);
    return true;
fault:
    return false;
}
static forced_inline bool guest_store_quarter(uint64_t dst, uint16_t quarter)
{
    __asm__ goto volatile("1: movw %1, %a0\n" EXTABLE("1b", "%l[fault]")
                          : : "p"(dst), "ir"(quarter) : : fault);
    return true;
fault:
    return false;
}

/* Structures of a few whole words, or of one half, of constant size: straight code, the words one after
 * the other. */
#define GUEST_COPY_INLINE 80
#define GUEST_COPIES_INLINE(n) \
    (__builtin_constant_p(n) && (n) <= GUEST_COPY_INLINE && ((n) == 4 || (n) % 8 == 0))

static forced_inline bool copy_from_guest_inline(void *dst, uint64_t src, size_t n)
{
    uint64_t *words = dst;
    bool ok = guest_start_ok(src);

    if (unlikely(!ok))
        return false;
    guest_access_open();
#pragma GCC unroll 10
    for (size_t i = 0; i < n / 8; i++)
        ok = ok && guest_fetch_word(&words[i], src + i * 8);
    if (n % 8)
        ok = ok && guest_fetch_half((uint32_t *)&words[n / 8], src + n / 8 * 8);
    guest_access_close();
    return ok;
}
static forced_inline bool copy_to_guest_inline(uint64_t dst, const void *src, size_t n)
{
    const uint64_t *words = src;
    bool ok = guest_start_ok(dst);

    if (unlikely(!ok))
        return false;
    guest_access_open();
#pragma GCC unroll 10
    for (size_t i = 0; i < n / 8; i++)
        ok = ok && guest_store_word(dst + i * 8, words[i]);
    if (n % 8)
        ok = ok && guest_store_half(dst + n / 8 * 8, *(const uint32_t *)&words[n / 8]);
    guest_access_close();
    return ok;
}

/* What the status of an element of a batch is. */
static forced_inline bool store_status_inline(uint64_t dst, uint16_t status)
{
    bool ok = guest_start_ok(dst);

    if (unlikely(!ok))
        return false;
    guest_access_open();
    ok = guest_store_quarter(dst, status);
    guest_access_close();
    return ok;
}

static forced_inline must_check size_t copy_from_guest(void *dst, guest_addr_t src, size_t n)
{
    if (GUEST_COPIES_INLINE(n))
        return copy_from_guest_inline(dst, src.a, n) ? 0 : n;
    return copy_from_guest_bytes(dst, src, n);
}
static forced_inline must_check size_t copy_to_guest(guest_addr_t dst, const void *src, size_t n)
{
    if (__builtin_constant_p(n) && n == 2)
        return store_status_inline(dst.a, *(const uint16_t *)src) ? 0 : n;
    if (GUEST_COPIES_INLINE(n))
        return copy_to_guest_inline(dst.a, src, n) ? 0 : n;
    return copy_to_guest_bytes(dst, src, n);
}

/* Address of the i-th element of an array of elements of `size` bytes. The top of the address space, which
 * no range check accepts, if the index takes it beyond. */
static inline guest_addr_t guest_element(guest_addr_t base, uint64_t i, size_t size)
{
    uint64_t offset, a;

    if (__builtin_mul_overflow(i, (uint64_t)size, &offset) || __builtin_add_overflow(base.a, offset, &a))
        return guest_addr(UINT64_MAX);
    return guest_addr(a);
}
/* The i-th element of an array. */
#define copy_from_guest_index(dst, base, i) \
    copy_from_guest((dst), guest_element((base), (i), sizeof(*(dst))), sizeof(*(dst)))
#define copy_to_guest_index(base, i, src) \
    copy_to_guest(guest_element((base), (i), sizeof(*(src))), (src), sizeof(*(src)))

/* A case of a hypercall with sub-operations: fetches the argument at `arg` as `op`, returns what `call`
 * does, and writes op back where that has a result and went well. `name` and `cmd` are for messages. */
#define WITH_ARG(name, type, call, writes)                              \
    {                                                                   \
        type op;                                                        \
        long rc;                                                        \
        if (copy_from_guest(&op, arg, sizeof(op)))                      \
            return refuse(-XEN_EFAULT, name " %u: argument", cmd);      \
        rc = (call);                                                    \
        if (rc == 0 && (writes) && copy_to_guest(arg, &op, sizeof(op))) \
            rc = refuse(-XEN_EFAULT, name " %u: result", cmd);          \
        return rc;                                                      \
    }

/* Instruction bytes at the guest's rip. Returns how many could be read; fewer than 16 end at a page that
 * is not there. */
#define GUEST_CODE_BYTES 16
size_t fetch_guest_code(uint8_t code[GUEST_CODE_BYTES], uint64_t rip);

#endif
