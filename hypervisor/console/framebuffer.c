/* Characters on a frame buffer of 24 or 32 bits a pixel: the font's dots, enlarged so that a line has 80 to
 * 160 columns. */
#include "boot/boot-info.h"
#include "boot/early.h"
#include "console/devices.h"
#include "console/screen.h"
#include "lib/lib.h"

#define CELL_WIDTH  (FONT_WIDTH + 1)
#define CELL_HEIGHT (FONT_HEIGHT + 1)
#define COLUMNS     80          /* at least, if the screen is wide enough */

static volatile uint8_t *pixels;
static uint32_t pitch, ink;
static unsigned int scale, pixel_bytes;

bool framebuffer_init(const struct boot_info *info, unsigned int *columns, unsigned int *lines)
{
    uint32_t width = info->framebuffer.width, height = info->framebuffer.height;

    pitch = info->framebuffer.pitch;
    pixel_bytes = info->framebuffer.bpp / 8;
    scale = MAX(width / (COLUMNS * CELL_WIDTH), 1U);
    *columns = width / (CELL_WIDTH * scale);
    *lines = height / (CELL_HEIGHT * scale);
    if (pixel_bytes < 3 || pixel_bytes > 4 || pitch < width * pixel_bytes || *columns < 20 || *lines < 2)
        return false;
    ink = 0xbfU << info->framebuffer.red_pos | 0xbfU << info->framebuffer.green_pos |
          0xbfU << info->framebuffer.blue_pos;
    pixels = framebuffer_map(info->framebuffer.address, (size_t)pitch * height);
    for (size_t i = 0; i + 8 <= (size_t)pitch * height; i += 8)
        *(volatile uint64_t *)(pixels + i) = 0;
    return true;
}

static void put_pixel(volatile uint8_t *p, uint32_t colour)
{
    if (pixel_bytes == 4) {
        *(volatile uint32_t *)p = colour;
        return;
    }
    p[0] = (uint8_t)colour;
    p[1] = (uint8_t)(colour >> 8);
    p[2] = (uint8_t)(colour >> 16);
}

/* One row of dots, as wide as the cell, most significant first. */
static void draw_row(volatile uint8_t *p, unsigned int dots)
{
    for (unsigned int x = 0; x < CELL_WIDTH; x++)
        for (unsigned int i = 0; i < scale; i++, p += pixel_bytes)
            put_pixel(p, dots >> (CELL_WIDTH - 1 - x) & 1 ? ink : 0);
}

void framebuffer_draw(unsigned int line, unsigned int column, char c, bool inverted)
{
    const char *glyph = font_glyph(c);
    volatile uint8_t *p = pixels + (size_t)line * CELL_HEIGHT * scale * pitch +
                          (size_t)column * CELL_WIDTH * scale * pixel_bytes;

    for (unsigned int y = 0; y < CELL_HEIGHT; y++) {
        unsigned int dots = y < FONT_HEIGHT ? (unsigned int)glyph[y] << 1 : 0;

        for (unsigned int i = 0; i < scale; i++, p += pitch)
            draw_row(p, inverted ? ~dots : dots);
    }
}
