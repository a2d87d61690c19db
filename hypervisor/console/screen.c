/* The screen as a terminal: a grid of characters with a cursor, and the few escape sequences that line
 * editing uses. What the loader has left decides how it is drawn: the text mode of a PC, or a frame
 * buffer. */
#include "boot/boot-info.h"
#include "boot/early.h"
#include "console/devices.h"
#include "console/screen.h"
#include "cpu/cpu.h"
#include "lib/lib.h"

#define VGA_TEXT      0xb8000
#define VGA_COLUMNS   80
#define VGA_LINES     25
#define VGA_GREY      0x0700
#define VGA_CURSOR    0x3d4         /* index and data port of the controller's registers */

#define MAX_COLUMNS   160
#define MAX_LINES     100
#define TAB           8

static char text[MAX_LINES][MAX_COLUMNS];
static unsigned int columns, lines;         /* 0: no screen */
static unsigned int line, column, drawn_line, drawn_column;
static volatile uint16_t *vga;              /* NULL: frame buffer */

/* An escape sequence on its way: ESC, then '[', then numbers. */
static enum { PLAIN, ESCAPE, NUMBERS } state;
static unsigned int numbers[2], number_count;

static void set_cell(unsigned int l, unsigned int c, char new)
{
    if (text[l][c] == new)
        return;
    text[l][c] = new;
    if (vga)
        vga[l * VGA_COLUMNS + c] = (uint16_t)(VGA_GREY | (uint8_t)new);
    else
        framebuffer_draw(l, c, new, false);
}

static void clear(unsigned int l, unsigned int from, unsigned int to)
{
    for (unsigned int c = from; c < to; c++)
        set_cell(l, c, ' ');
}

/* Only characters that change are drawn, and on a frame buffer a quarter of the screen scrolls at a time:
 * writing to a frame buffer is slow, reading from it slower. */
static void scroll(void)
{
    unsigned int by = vga ? 1 : MAX(lines / 4, 1U);

    for (unsigned int l = 0; l + by < lines; l++)
        for (unsigned int c = 0; c < columns; c++)
            set_cell(l, c, text[l + by][c]);
    for (unsigned int l = lines - by; l < lines; l++)
        clear(l, 0, columns);
    line = lines - by;
}

static void new_line(void)
{
    column = 0;
    if (++line == lines)
        scroll();
}

/* 0 from the cursor to the end, 1 from the beginning to the cursor, 2 all. */
static void erase_line(unsigned int what)
{
    clear(line, what == 0 ? column : 0, what == 1 ? MIN(column + 1, columns) : columns);
}

static void erase_screen(unsigned int what)
{
    erase_line(what);
    for (unsigned int l = 0; l < lines; l++)
        if (what == 2 || (what == 0 && l > line) || (what == 1 && l < line))
            clear(l, 0, columns);
}

static void end_sequence(char final)
{
    unsigned int n = MAX(numbers[0], 1U);

    state = PLAIN;
    switch (final) {
    case 'A': line -= MIN(n, line); break;
    case 'B': line = MIN(line + n, lines - 1); break;
    case 'C': column = MIN(column + n, columns - 1); break;
    case 'D': column -= MIN(n, column); break;
    case 'G': column = MIN(n, columns) - 1; break;
    case 'H':
        line = MIN(n, lines) - 1;
        column = MIN(MAX(numbers[1], 1U), columns) - 1;
        break;
    case 'J': erase_screen(numbers[0]); break;
    case 'K': erase_line(numbers[0]); break;
    }
}

static void put_plain(char c)
{
    switch (c) {
    case '\n': new_line(); break;
    case '\r': column = 0; break;
    case '\b': column -= column > 0; break;
    case '\t': column = MIN(ROUND_UP(column + 1, (unsigned int)TAB), columns - 1); break;
    case '\033': state = ESCAPE; break;
    default:
        if ((uint8_t)c < ' ')
            break;
        if (column == columns)
            new_line();
        set_cell(line, column++, c);
    }
}

static void put_sequence(char c)
{
    if (state == ESCAPE) {
        state = c == '[' ? NUMBERS : PLAIN;
        numbers[0] = numbers[1] = number_count = 0;
    } else if (c >= '0' && c <= '9') {
        numbers[number_count] = MIN(numbers[number_count] * 10 + (unsigned int)(c - '0'), 999U);
    } else if (c == ';') {
        number_count = 1;
    } else if (c >= '@') {
        end_sequence(c);
    }
}

void screen_put(char c)
{
    if (!lines)
        return;
    if (state == PLAIN)
        put_plain(c);
    else
        put_sequence(c);
}

bool screen_used(void)
{
    return lines != 0;
}

static void vga_cursor(unsigned int position)
{
    outb(VGA_CURSOR, 14);
    outb(VGA_CURSOR + 1, (uint8_t)(position >> 8));
    outb(VGA_CURSOR, 15);
    outb(VGA_CURSOR + 1, (uint8_t)position);
}

void screen_flush(void)
{
    unsigned int at = MIN(column, columns - 1);

    if (!lines || (line == drawn_line && at == drawn_column))
        return;
    if (vga) {
        vga_cursor(line * VGA_COLUMNS + at);
    } else {
        framebuffer_draw(drawn_line, drawn_column, text[drawn_line][drawn_column], false);
        framebuffer_draw(line, at, text[line][at], true);
    }
    drawn_line = line;
    drawn_column = at;
}

static void init_vga(void)
{
    vga = device_map(VGA_TEXT, VGA_COLUMNS * VGA_LINES * sizeof(*vga));
    columns = VGA_COLUMNS;
    lines = VGA_LINES;
}

void screen_init(const struct boot_info *info)
{
    char list[64] = "com1,vga";

    cmdline_option(info->cmdline, "console", list, sizeof(list));
    if (!cmdline_list_has(list, "vga"))
        return;
    if (info->framebuffer.address && info->framebuffer.type == FRAMEBUFFER_DIRECT) {
        if (!framebuffer_init(info, &columns, &lines))
            return;
        columns = MIN(columns, (unsigned int)MAX_COLUMNS);
        lines = MIN(lines, (unsigned int)MAX_LINES);
    } else if (!info->efi) {
        init_vga();
    } else {
        return;
    }
    for (unsigned int l = 0; l < lines; l++)
        clear(l, 0, columns);
}
