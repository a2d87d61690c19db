/* pv/siphash.h: SipHash-1-3, a short keyed hash: with a secret key nobody can choose what falls together, or
 * tell the next value. */
#ifndef PV_SIPHASH_H
#define PV_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t pv_siphash(uint64_t k0, uint64_t k1, const void *data, size_t len);

#endif
