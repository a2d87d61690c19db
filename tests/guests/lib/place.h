/* place.h: two pages of ours side by side, the second of which can be taken away: for arguments that begin
 * well and end badly. */
#ifndef PLACE_H
#define PLACE_H

/* Returns the address of the second page, which is not mapped, or mapped read-only; before it lies a page of
 * zeros. Each may be had once at a time. */
char *place_before_unmapped(void);
char *place_before_read_only(void);
void place_end(char *edge);

#endif
