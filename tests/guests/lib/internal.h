/* internal.h: between the files of lib/. */
#ifndef INTERNAL_H
#define INTERNAL_H

void begin_group(const char *name);
void print_summary(void);

/* Takes all vectors but the NMI's. */
void probe_init(void);

#endif
