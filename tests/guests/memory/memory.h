/* memory.h: the groups of the kernel `memory`, by file. */
#ifndef MEMORY_H
#define MEMORY_H

void counts(void);          /* counts.c */
void cycle(void);           /* cycle.c */
void in_use(void);          /* in-use.c */
void frames(void);          /* frames.c */
void shared_frames(void);
void lists(void);           /* lists.c */
void sizes(void);           /* sizes.c */
void flags(void);
void domains(void);
void sub_operations(void);  /* sub-operations.c */
void start_extents(void);
void exchange(void);        /* exchange.c */
void machphys(void);        /* maps.c */
void memory_maps(void);
void translated(void);      /* translated.c */

#endif
