/* number.h: numbers as an operator types them. Pure functions; nothing is stored on an error. */
#ifndef ENSO_CLI_NUMBER_H
#define ENSO_CLI_NUMBER_H

#include <stdint.h>

/* Whole number from 0 to max, decimal or 0x hexadecimal, the whole string. 0; -EINVAL no number; -ERANGE
 * too large. */
int parse_uint(const char *text, uint64_t max, uint64_t *value);

/* Time: "2", "0.25", "2s", "150ms", "3m", "1h" (no unit: seconds), up to 10 years, to the nanosecond.
 * 0; -EINVAL; -ERANGE. */
int parse_duration(const char *text, uint64_t *ns);

/* Amount of memory in KiB: "512" (MiB, as in a configuration file), "65536k", "512m", "2g"; upper case too.
 * 0; -EINVAL; -ERANGE above 2^42 KiB. */
int parse_memory(const char *text, uint64_t *kib);

#endif
