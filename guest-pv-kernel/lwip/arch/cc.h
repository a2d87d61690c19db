/* arch/cc.h: lwIP's view of the compiler and the C library. Error numbers are newlib's: nothing is
 * translated. */
#ifndef PV_LWIP_CC_H
#define PV_LWIP_CC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

#ifndef SSIZE_MAX
#define SSIZE_MAX INTPTR_MAX        /* else lwIP has an ssize_t of its own */
#endif

#undef BYTE_ORDER
#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1
#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)
#define LWIP_TIMEVAL_PRIVATE 0

uint32_t pv_net_random(void);
#define LWIP_RAND() pv_net_random()

void pv_net_assert(const char *what, const char *file, int line) __attribute__((noreturn));
#define LWIP_PLATFORM_ASSERT(what) pv_net_assert(what, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(args) do { } while (0)

void pv_net_check_locked(void);
#define LWIP_ASSERT_CORE_LOCKED() pv_net_check_locked()

void *pv_net_malloc(size_t bytes);
void *pv_net_calloc(size_t n, size_t bytes);
void pv_net_free(void *p);

/* The sum of RFC 1071, not complemented. */
uint16_t pv_net_checksum(const void *data, int len);

#endif
