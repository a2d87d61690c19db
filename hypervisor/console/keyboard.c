/* The keyboard of a PC (or of a machine that shows one), for those who see the screen but have no serial
 * port. The controller translates to the oldest set of key codes; the layout is that of the USA. */
#include "console/devices.h"
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "lib/lib.h"

#define DATA   0x60
#define STATUS 0x64             /* read; written: commands */
#define STATUS_OUTPUT 0x01      /* a byte waits for us */
#define STATUS_INPUT  0x02      /* our last byte has not been taken */
#define STATUS_MOUSE  0x20      /* what waits comes from the mouse */
#define READ_CONFIG   0x20
#define WRITE_CONFIG  0x60
#define CONFIG_INTERRUPT 0x01
#define CONFIG_OFF       0x10
#define CONFIG_TRANSLATE 0x40

#define KEY_RELEASED 0x80
#define KEY_EXTENDED 0xe0
#define KEY_IRQ      1

enum { KEY_CTRL = 0x1d, KEY_SHIFT_LEFT = 0x2a, KEY_SHIFT_RIGHT = 0x36, KEY_CAPS = 0x3a };

/* By key code, from 0 on; a blank: a key that gives nothing (or, the last, the space bar itself). */
static const char plain[]   = " \0331234567890-=\177\tqwertyuiop[]\r asdfghjkl;'` \\zxcvbnm,./ *  ";
static const char shifted[] = " \033!@#$%^&*()_+\177\tQWERTYUIOP{}\r ASDFGHJKL:\"~ |ZXCVBNM<>? *  ";
#define KEY_SPACE 0x39

static bool used, shift, control, caps, extended;

static void wait_taken(void)
{
    for (unsigned int i = 0; i < 10000 && (inb(STATUS) & STATUS_INPUT); i++)
        ;
}

static uint8_t wait_byte(void)
{
    for (unsigned int i = 0; i < 10000 && !(inb(STATUS) & STATUS_OUTPUT); i++)
        ;
    return inb(DATA);
}

static void drain(void)
{
    for (unsigned int i = 0; i < 16 && (inb(STATUS) & STATUS_OUTPUT); i++)
        (void)inb(DATA);
}

void keyboard_init_irq(void)
{
    bool level, low;
    unsigned int gsi;
    uint8_t config;

    if (inb(STATUS) == 0xff)
        return;
    drain();
    outb(STATUS, READ_CONFIG);
    config = wait_byte();
    outb(STATUS, WRITE_CONFIG);
    wait_taken();
    outb(DATA, (uint8_t)((config | CONFIG_INTERRUPT | CONFIG_TRANSLATE) & ~CONFIG_OFF));
    wait_taken();
    used = true;
    gsi = acpi_isa_to_gsi(KEY_IRQ, &level, &low);
    ioapic_route(gsi, VECTOR_CONSOLE, 0, level, low);
}

/* Keys for moving, as a terminal sends them. "" : none of these. */
static const char *extended_text(uint8_t code)
{
    switch (code) {
    case 0x48: return "\033[A";
    case 0x50: return "\033[B";
    case 0x4d: return "\033[C";
    case 0x4b: return "\033[D";
    case 0x47: return "\033[H";
    case 0x4f: return "\033[F";
    case 0x53: return "\033[3~";
    case 0x1c: return "\r";
    case 0x35: return "/";
    default: return "";
    }
}

static size_t plain_text(uint8_t code, char *c)
{
    char unshifted;

    if (code >= sizeof(plain) - 1)
        return 0;
    unshifted = plain[code];
    *c = shift ? shifted[code] : unshifted;
    if (*c == ' ' && code != KEY_SPACE)
        return 0;
    if (caps && unshifted >= 'a' && unshifted <= 'z')
        *c ^= 0x20;
    if (control)
        *c &= 0x1f;
    return 1;
}

/* True if the key only changes what others mean. */
static bool modifier(uint8_t code, bool pressed)
{
    switch (code) {
    case KEY_CTRL: control = pressed; return true;
    case KEY_SHIFT_LEFT:
    case KEY_SHIFT_RIGHT: shift = pressed; return true;
    case KEY_CAPS: caps ^= pressed; return true;
    default: return false;
    }
}

/* What a code means, at most 4 bytes. */
static size_t key_text(uint8_t code, char *text)
{
    bool was_extended = extended, pressed = !(code & KEY_RELEASED);

    extended = code == KEY_EXTENDED;
    if (extended)
        return 0;
    code &= (uint8_t)~KEY_RELEASED;
    if (!(was_extended && code != KEY_CTRL) && modifier(code, pressed))
        return 0;
    if (!pressed)
        return 0;
    if (was_extended) {
        size_t n = strlen(extended_text(code));

        memcpy(text, extended_text(code), n);
        return n;
    }
    return plain_text(code, text);
}

size_t keyboard_get(char *buf, size_t n)
{
    size_t got = 0;
    uint8_t status;

    while (used && got + 4 <= n && ((status = inb(STATUS)) & STATUS_OUTPUT)) {
        uint8_t code = inb(DATA);

        if (!(status & STATUS_MOUSE))
            got += key_text(code, buf + got);
    }
    return got;
}
