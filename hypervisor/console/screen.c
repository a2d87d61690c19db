/* The text screen of a PC: 80 columns, 25 lines, at its fixed address. */
#include "boot/boot-info.h"
#include "boot/early.h"
#include "console/devices.h"
#include "lib/lib.h"

#define VGA_TEXT 0xb8000
#define COLUMNS  80
#define LINES    25
#define BLANK    0x0720         /* a space, grey on black */
#define FRAMEBUFFER_TEXT 2      /* boot_info.framebuffer.type: the loader has left a text mode */

static volatile uint16_t *cells;
static unsigned int line, column;

static void scroll(void)
{
    for (unsigned int i = 0; i < COLUMNS * (LINES - 1); i++)
        cells[i] = cells[i + COLUMNS];
    for (unsigned int i = COLUMNS * (LINES - 1); i < COLUMNS * LINES; i++)
        cells[i] = BLANK;
    line = LINES - 1;
}

static void new_line(void)
{
    column = 0;
    if (++line == LINES)
        scroll();
}

void screen_put(char c)
{
    if (!cells)
        return;
    if (c == '\n') {
        new_line();
    } else if (c == '\r') {
        column = 0;
    } else if (c == '\b') {
        column -= column > 0;
    } else if (c >= ' ') {
        if (column == COLUMNS)
            new_line();
        cells[line * COLUMNS + column++] = (uint16_t)(0x0700 | (uint8_t)c);
    }
}

void screen_init(const struct boot_info *info)
{
    char list[64] = "com1,vga";

    cmdline_option(info->cmdline, "console", list, sizeof(list));
    if (!cmdline_list_has(list, "vga") || info->efi || (info->framebuffer.address && info->framebuffer.type != FRAMEBUFFER_TEXT))
        return;
    cells = device_map(VGA_TEXT, COLUMNS * LINES * sizeof(*cells));
    for (unsigned int i = 0; i < COLUMNS * LINES; i++)
        cells[i] = BLANK;
}
