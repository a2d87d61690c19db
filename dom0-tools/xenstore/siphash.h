/*
 * SipHash-1-3: a short keyed hash. With a secret key nobody can choose names that fall into one bucket.
 */
#ifndef XENSTORE_SIPHASH_H
#define XENSTORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(uint64_t k0, uint64_t k1, const void *data, size_t len);

#endif
