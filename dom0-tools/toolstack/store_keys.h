/* A domain's keys in the store: made at creation, changed by requests, removed at its end. Negative errno. */
#ifndef ENSO_TOOLSTACK_STORE_KEYS_H
#define ENSO_TOOLSTACK_STORE_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include "build.h"
#include "config.h"

#define STORE_PATH_SIZE 128

/* /local/domain/ID and /vm/UUID, and the introduction to the store daemon. path, on failure, names the key
 * that could not be written. */
int store_keys_create(domid_t domid, const struct domain_config *config, const struct build_result *built,
                      char path[STORE_PATH_SIZE]);

/* Removes both trees. What is not there is no error. */
void store_keys_remove(domid_t domid, const uint8_t uuid[16]);

int store_keys_rename(domid_t domid, const uint8_t uuid[16], const char *name);

/* Writes /local/domain/ID/key. */
int store_keys_set(domid_t domid, const char *key, const char *value);

/* The name a domain has in the store, "" if none. */
void store_keys_name(domid_t domid, char name[CONFIG_NAME_SIZE]);

#endif
