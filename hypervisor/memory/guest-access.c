/* Copies between the hypervisor and the running guest's virtual memory that are too long or too odd for the inline ones of the
 * header, and the look-up in the exception table. */
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

size_t fetch_guest_code(void *dst, uint64_t rip, size_t n)
{
    size_t to_page_end = PAGE_SIZE - (rip & (PAGE_SIZE - 1)), first = MIN(n, to_page_end);
    size_t got = first - copy_from_guest_bytes(dst, guest_addr(rip), first);

    if (got < first || first == n)
        return got;
    return n - copy_from_guest_bytes((uint8_t *)dst + first, guest_addr(rip + first), n - first);
}
