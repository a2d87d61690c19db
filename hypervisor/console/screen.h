/* How a terminal's cells are drawn on a frame buffer. console/ only. */
#ifndef ENSO_CONSOLE_SCREEN_H
#define ENSO_CONSOLE_SCREEN_H

#include "lib/types.h"

struct boot_info;

#define FRAMEBUFFER_DIRECT 1    /* boot_info.framebuffer.type: pixels hold colours */

/* Maps and clears it; gives the size of the grid. False: a format that we do not draw on. */
bool framebuffer_init(const struct boot_info *info, unsigned int *columns, unsigned int *lines);
/* Draws a cell; the cursor's is inverted. */
void framebuffer_draw(unsigned int line, unsigned int column, char c, bool inverted);

#endif
