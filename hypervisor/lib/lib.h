/* The hypervisor's small C library: memory and string functions, formatted log, assertions, bit helpers. */
#ifndef ENSO_LIB_LIB_H
#define ENSO_LIB_LIB_H

#include <stdarg.h>
#include "lib/types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
/* Copies at most size-1 bytes and always terminates. Returns the length of src. */
size_t strlcpy(char *dst, const char *src, size_t size);
/* Number with 0x prefix or decimal; *end is the first character not used. */
uint64_t parse_number(const char *s, const char **end);
/* Like parse_number with a suffix K, M, G (no suffix: unit_default bytes each). */
uint64_t parse_size(const char *s, const char **end, uint64_t unit_default);

/* %d %u %x %lx %llx %p %s %c %.*s with width, zero padding and '-'; always terminates. Returns the length it
 * would need. */
int snprintf(char *buf, size_t size, const char *fmt, ...) printf_like(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);

/* Log levels as on Xen's command line (loglvl=): a message is dropped when its level is above the
 * threshold. */
enum loglevel { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
/* One line to the console ring and the consoles, prefixed "(enso) ". A guest-triggered message must use
 * guest_log(). */
void log_line(enum loglevel level, const char *fmt, ...) printf_like(2, 3);
#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)
/* A line about a domain, "(enso) dN: ...", charged to that domain's token bucket (then dropped and
 * counted). */
struct domain;
void guest_log(const struct domain *d, const char *fmt, ...) printf_like(2, 3);

/* True in build/enso-debug: assertions, rank checks, reasons of refusals. */
#ifdef ENSO_DEBUG
#define debug_build true
#else
#define debug_build false
#endif

noreturn void panic(const char *fmt, ...) printf_like(1, 2);
/* We are wrong and going on could leak or corrupt: panics in every build. */
#define BUG_ON(c) do { if (unlikely(c)) panic("%s:%d: %s", __FILE__, __LINE__, #c); } while (0)
/* An early hint in debug builds; never on anything that a guest can choose. */
#define assert(c) \
    do { if (debug_build && unlikely(!(c))) panic("%s:%d: assert %s", __FILE__, __LINE__, #c); } while (0)

/* Returns rc; in debug builds the reason goes into the trace of the calling vcpu (LOG_DEBUG, rate limited),
 * so that whoever writes a kernel sees why a hypercall refused. */
long refuse_log(long rc, const char *fmt, ...) printf_like(2, 3) cold;
#define refuse(rc, ...) (debug_build ? refuse_log(rc, __VA_ARGS__) : (long)(rc))

static inline unsigned int bit_first(uint64_t x) { return (unsigned int)__builtin_ctzl(x); } /* x != 0 */
static inline unsigned int bit_last(uint64_t x) { return 63 - (unsigned int)__builtin_clzl(x); }
/* i if i < n, else 0, without a branch: for indexes that come from a guest, after the check (bounds under
 * speculation). */
static inline uint64_t index_nospec(uint64_t i, uint64_t n)
{
    uint64_t mask;
    __asm__("cmp %2, %1; sbb %0, %0" : "=r"(mask) : "r"(i), "r"(n) : "cc");
    return i & mask;
}

#endif
