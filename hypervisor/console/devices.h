/* The devices and buffers behind the console. console/ only; all under the console's lock but for what is
 * said. */
#ifndef ENSO_CONSOLE_DEVICES_H
#define ENSO_CONSOLE_DEVICES_H

#include "lib/types.h"

struct boot_info;

/* uart.c: the serial ports that "console=" names (com1 unless it says otherwise). Until uart_init a byte goes
 * to com1 as the firmware or boot loader has left it. */
void uart_init(const struct boot_info *info);
void uart_init_irq(void);
void uart_put(char c);
/* Sends what is buffered as far as the port takes it; with `all`, waits until it is empty. */
void uart_flush(bool all);
/* More than half of a port's buffer waits to be sent. */
bool uart_is_behind(void);
/* Received bytes, up to n. */
size_t uart_get(char *buf, size_t n);

/* screen.c: text on the screen that the boot loader left. Until screen_init nothing is shown. */
void screen_init(const struct boot_info *info);
void screen_put(char c);
/* Moves the visible cursor to where the text is. */
void screen_flush(void);

bool screen_used(void);

/* keyboard.c: what its keys mean as a terminal would send it. Until keyboard_init_irq nothing is typed. */
void keyboard_init_irq(void);
size_t keyboard_get(char *buf, size_t n);

/* font.c: 5 columns and 9 rows; bit 4 of a row is its left dot. What is not ASCII looks like a box. */
#define FONT_WIDTH  5
#define FONT_HEIGHT 9
const char *font_glyph(char c);

/* log-ring.c */
void log_ring_init(const struct boot_info *info);
void log_ring_write(const char *s, size_t n);
size_t log_ring_read(char *buf, size_t n, uint32_t *index, bool incremental, bool clear);
/* The last whole lines, up to n bytes. */
size_t log_ring_tail(char *buf, size_t n);

/* input.c: what was typed, without the console's lock. */
void input_received(const char *s, size_t n);

#endif
