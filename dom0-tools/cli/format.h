/* format.h: the lines of tables, with xl's columns. Pure: values in, text to a stream. */
#ifndef ENSO_CLI_FORMAT_H
#define ENSO_CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../toolstack/domain.h"

/* The header and one line of `list`; verbose adds UUID and shutdown reason. */
void format_list_header(FILE *out, bool verbose);
void format_list_row(FILE *out, const struct domain_status *d, bool verbose);

/* Six letters of state and a NUL: r b p s, the reason of a shutdown (- r s c w S), d. */
void format_state(const struct domain_status *d, char text[7]);

/* "poweroff", "reboot", "suspend", "crash", "watchdog", "soft_reset"; "none" for -1, "unknown" otherwise. */
const char *format_shutdown_reason(int reason);

/* The header and one line of `vcpu-list`. cpus: number of CPUs of the host. */
void format_vcpu_header(FILE *out);
void format_vcpu_row(FILE *out, const char *name, domid_t domid, const struct vcpu_status *v, unsigned cpus);

/* A set of CPUs: "all", "none", "0-2,5". Returns text. */
const char *format_cpus(const struct config_cpus *set, unsigned cpus, char *text, size_t size);

/* "2 days,  3:04:05" or, in short, "2 days,  3:04". Returns text. */
const char *format_uptime(uint64_t ns, bool in_short, char *text, size_t size);

/* A name for a table: "-" for the empty one, control characters replaced. Returns text. */
const char *format_name(const char *name, char *text, size_t size);

#endif
