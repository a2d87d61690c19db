/* keys.h: single keys of a directory in the store, as backends and the tools write and read them. Who may
 * be hostile writes what he likes: texts are bounded by the store, numbers by the reader. */
#ifndef ENSO_BACKENDS_KEYS_H
#define ENSO_BACKENDS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_DIRECTORY 112       /* bytes of a directory's path, at the most, with its 0 */

bool key_exists(const char *directory, const char *key);

/* malloc'ed; NULL: there is none. */
char *key_text(const char *directory, const char *key);

/* "" for none, and for one that has no room in `size` bytes. */
void key_copy(const char *directory, const char *key, char *to, size_t size);

/* 0; what the store answered; -EINVAL no number, or above `most`. */
int key_number(const char *directory, const char *key, uint64_t most, uint64_t *number);
uint64_t key_number_or(const char *directory, const char *key, uint64_t otherwise);

/* What the store answered. */
int key_put(const char *directory, const char *key, const char *value);
int key_put_number(const char *directory, const char *key, uint64_t value);

#endif
