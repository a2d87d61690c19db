/* The 16550 serial ports. Output goes to a buffer and as much of that as the port takes at once to the port;
 * the rest is sent by its interrupt. Before interrupts work, and in a panic, sending waits. */
#include "boot/boot-info.h"
#include "console/devices.h"
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "lib/lib.h"

enum { REG_DATA = 0, REG_IER = 1, REG_FIFO = 2, REG_LCR = 3, REG_MCR = 4, REG_LSR = 5 };
enum { REG_DIVISOR = 0, REG_DIVISOR_HIGH = 1 };     /* while LCR_DIVISOR is set */
#define IER_RECEIVED 1
#define IER_SENT     2
#define LCR_DIVISOR  0x80
#define LSR_READY    0x01
#define LSR_EMPTY    0x20
#define CLOCK        115200
#define FIFO_BYTES   16
#define TX_SIZE      (16 << 10)

static char tx[2][TX_SIZE];
static struct uart {
    uint16_t port, irq;
    bool used, interrupts;
    uint8_t ier;
    uint32_t head, tail;                /* of tx: bytes in and out since boot */
    char *tx;
} uarts[2] = {
    { .port = 0x3f8, .irq = 4, .used = true, .tx = tx[0] }, { .port = 0x2f8, .irq = 3, .tx = tx[1] },
};

static bool synchronous;

static void wait_empty(const struct uart *u)
{
    /* A port that never gets ready must not stop the machine. */
    for (unsigned int i = 0; i < 1000000 && !(inb(u->port + REG_LSR) & LSR_EMPTY); i++)
        __asm__ volatile("pause");
}

/* A FIFO's worth, to a port that is empty. */
static void send_some(struct uart *u)
{
    for (unsigned int i = 0; i < FIFO_BYTES && u->tail != u->head; i++)
        outb(u->port + REG_DATA, (uint8_t)u->tx[u->tail++ % TX_SIZE]);
}

static void send(struct uart *u)
{
    while (u->tail != u->head && (inb(u->port + REG_LSR) & LSR_EMPTY))
        send_some(u);
}

bool uart_is_behind(void)
{
    bool behind = false;

    for (unsigned int i = 0; i < ARRAY_SIZE(uarts); i++)
        behind |= uarts[i].used && uarts[i].head - uarts[i].tail > TX_SIZE / 2;
    return behind;
}

/* Asks for an interrupt when there is more to send. */
static void update_interrupts(struct uart *u)
{
    uint8_t ier = IER_RECEIVED | (u->tail != u->head ? IER_SENT : 0);

    if (u->interrupts && ier != u->ier) {
        outb(u->port + REG_IER, ier);
        u->ier = ier;
    }
}

static void flush_one(struct uart *u, bool all)
{
    send(u);
    while ((all || synchronous || !u->interrupts) && u->tail != u->head) {
        wait_empty(u);
        outb(u->port + REG_DATA, (uint8_t)u->tx[u->tail++ % TX_SIZE]);
    }
    update_interrupts(u);
}

void uart_flush(bool all)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(uarts); i++)
        if (uarts[i].used)
            flush_one(&uarts[i], all);
}

/* Waits for no more than what makes room. */
static void put_one(struct uart *u, char c)
{
    if (u->head - u->tail == TX_SIZE) {
        wait_empty(u);
        send_some(u);
    }
    u->tx[u->head++ % TX_SIZE] = c;
}

void uart_put(char c)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(uarts); i++) {
        if (!uarts[i].used)
            continue;
        if (c == '\n')
            put_one(&uarts[i], '\r');
        put_one(&uarts[i], c);
    }
}

size_t uart_get(char *buf, size_t n)
{
    size_t got = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(uarts); i++) {
        struct uart *u = &uarts[i];

        while (u->used && got < n && (inb(u->port + REG_LSR) & LSR_READY))
            buf[got++] = (char)inb(u->port + REG_DATA);
    }
    return got;
}

/* comN=<baud>[,<data bits><parity><stop bits>[,<port>[,<irq>]]]; "auto" as baud leaves the port as it was
 * set. */
static void set_up(struct uart *u, const char *options)
{
    uint64_t baud = 0;
    uint8_t lcr = 3;
    const char *p = options;

    if (strncmp(p, "auto", 4) == 0)
        p += 4;
    else
        baud = parse_number(p, &p);
    if (*p == ',' && p[1] >= '5' && p[1] <= '8' && p[2] && p[3]) {
        lcr = (uint8_t)(p[1] - '5');
        lcr |= p[2] == 'o' ? 0x08 : p[2] == 'e' ? 0x18 : 0;
        lcr |= p[3] == '2' ? 0x04 : 0;
        p += 4;
    }
    if (*p == ',')
        u->port = (uint16_t)parse_number(p + 1, &p);
    if (*p == ',')
        u->irq = (uint16_t)parse_number(p + 1, &p);

    outb(u->port + REG_IER, 0);
    if (baud) {
        uint64_t divisor = MAX(CLOCK / baud, 1UL);

        outb(u->port + REG_LCR, LCR_DIVISOR);
        outb(u->port + REG_DIVISOR, (uint8_t)divisor);
        outb(u->port + REG_DIVISOR_HIGH, (uint8_t)(divisor >> 8));
    }
    outb(u->port + REG_LCR, lcr);
    outb(u->port + REG_FIFO, 0x07);     /* on, emptied, interrupt at the first byte */
    outb(u->port + REG_MCR, 0x0b);      /* ready, and the interrupt line connected */
}

/* A port that is not there reads as all ones. */
static bool present(const struct uart *u)
{
    return inb(u->port + REG_LSR) != 0xff;
}

void uart_init(const struct boot_info *info)
{
    static const char *const names[] = { "com1", "com2" };
    char list[64] = "com1", value[32];

    cmdline_option(info->cmdline, "console", list, sizeof(list));
    synchronous = cmdline_option(info->cmdline, "sync_console", value, sizeof(value));
    for (unsigned int i = 0; i < ARRAY_SIZE(uarts); i++) {
        uarts[i].used = cmdline_list_has(list, names[i]) && present(&uarts[i]);
        if (!uarts[i].used)
            continue;
        strlcpy(value, "115200", sizeof(value));
        cmdline_option(info->cmdline, names[i], value, sizeof(value));
        set_up(&uarts[i], value);
    }
}

void uart_init_irq(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(uarts); i++) {
        struct uart *u = &uarts[i];
        bool level, low;
        unsigned int gsi;

        if (!u->used)
            continue;
        gsi = acpi_isa_to_gsi(u->irq, &level, &low);
        ioapic_route(gsi, VECTOR_CONSOLE, 0, level, low);
        u->interrupts = true;
        update_interrupts(u);
    }
}
