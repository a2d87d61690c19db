/* The syntax of a configuration: from bytes to a list of settings with places. Pure. What the keys mean is in
 * config_keys.c. */
#ifndef ENSO_TOOLSTACK_CONFIG_SYNTAX_H
#define ENSO_TOOLSTACK_CONFIG_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/* Where something stands. file is not owned and outlives the settings. */
struct config_place {
    const char *file;
    unsigned line, column;
};

/* An atom (number or string: its text) or a list. */
struct config_value {
    struct config_place place;
    bool is_list;
    char *text;                 /* atom: its text, escapes resolved, NUL-terminated; NULL for a list */
    struct config_value *first; /* list: its members */
    struct config_value *next;  /* the next member of the list that this value is in */
    unsigned members;
};

/* One `key = value`. */
struct config_setting {
    struct config_place place; /* of the key */
    char *key;
    struct config_value *value;
    struct config_setting *next;
};

struct config_settings {
    struct config_setting *first, *last;
};

/* Reads settings and appends them. `+=` joins with the earlier value of the same key; a key set twice with
 * `=` keeps the later value, with a warning. Stops at the first error of syntax, which is in the report then.
 * Returns 0, -EINVAL or -ENOMEM. */
int config_read_settings(struct config_settings *settings, const char *file, const char *bytes, size_t len,
                         struct config_report *report);

/* The same for one `key=value` of a command line; number is its position, from 1. Replaces silently. */
int config_read_override(struct config_settings *settings, const char *text, unsigned number,
                         struct config_report *report);

void config_free_settings(struct config_settings *settings);

struct config_setting *config_find_setting(const struct config_settings *settings, const char *key);

/* Adds a remark; place may be NULL: the file as a whole is not known either. */
void config_remark(struct config_report *report, enum config_severity severity,
                   const struct config_place *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Gives settings their meaning. Returns 0 or -EINVAL with the reasons in the report. */
int config_apply(struct domain_config *config, const struct config_settings *settings, const char *file,
                 struct config_report *report);

#endif
