/* Copies between the hypervisor and the running guest's virtual memory that are too long or too odd for
 * the inline ones of the header, and the look-up in the exception table. */
#include "lib/lib.h"
#include "memory/guest-access.h"

uint64_t extable_find(uint64_t rip)
{
    for (const struct ex_table_entry *e = ex_table_start; e < ex_table_end; e++)
        if (e->from == rip)
            return e->to;
    return 0;
}

/* Whole words first, then the last bytes. A fault leaves the number of bytes to go in the counters. */
static size_t copy_bytes(void *dst, const void *src, size_t n)
{
    size_t words = n / 8, bytes = n % 8;

    guest_access_open();
    __asm__ volatile("1: rep movsq\n"
                     "   mov %3, %0\n"
                     "2: rep movsb\n"
                     "   jmp 4f\n"
                     "3: lea (%3,%0,8), %0\n"
                     "4:\n" EXTABLE("1b", "3b") EXTABLE("2b", "4b")
                     : "+c"(words), "+D"(dst), "+S"(src)
                     : "r"(bytes)
                     : "memory");
    guest_access_close();
    return words;
}

size_t copy_from_guest_bytes(void *dst, guest_addr_t src, size_t n)
{
    return guest_range_ok(src.a, n) ? copy_bytes(dst, (const void *)src.a, n) : n;
}

size_t copy_to_guest_bytes(guest_addr_t dst, const void *src, size_t n)
{
    return guest_range_ok(dst.a, n) ? copy_bytes((void *)dst.a, src, n) : n;
}

size_t clear_guest(guest_addr_t dst, size_t n)
{
    if (!guest_range_ok(dst.a, n))
        return n;
    guest_access_open();
    __asm__ volatile("1: rep stosb\n"
                     "2:\n" EXTABLE("1b", "2b")
                     : "+c"(n), "+D"(dst.a)
                     : "a"(0)
                     : "memory");
    guest_access_close();
    return n;
}

/* What cannot be had at once may end in the middle: then up to the end of the page, and what the next one
 * adds. */
size_t fetch_guest_code(uint8_t code[GUEST_CODE_BYTES], uint64_t rip)
{
    uint64_t words[GUEST_CODE_BYTES / 8];
    size_t first = MIN((size_t)GUEST_CODE_BYTES, PAGE_SIZE - (rip & (PAGE_SIZE - 1)));
    size_t rest = GUEST_CODE_BYTES - first;

    if (copy_from_guest(words, guest_addr(rip), sizeof(words)) == 0) {
        __builtin_memcpy(code, words, sizeof(words));   /* two moves, not a call */
        return GUEST_CODE_BYTES;
    }
    if (copy_from_guest_bytes(code, guest_addr(rip), first))
        return 0;
    return first + rest - copy_from_guest_bytes(code + first, guest_addr(rip + first), rest);
}
