/*
 * terminal.h: the operator's terminal: the kit's console seen by the shell. It keeps what was typed ahead,
 * notices Ctrl-C while a command runs, and puts messages of other threads where they do not tear a line.
 * The shell's thread uses it; terminal_kick() and terminal_notice() may be called from any thread.
 */
#ifndef ENSO_CLI_TERMINAL_H
#define ENSO_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERMINAL_FOREVER UINT64_MAX

/* Writes bytes; a line end is sent as CR LF. What stdio still holds goes first. */
void terminal_write(const void *bytes, size_t length);

/* Takes up to length typed bytes without waiting, Ctrl-C among them; the number taken. */
size_t terminal_read(void *bytes, size_t length);

/* Sleeps until something may have been typed or terminal_kick() was called (true), or until the system time
 * deadline_ns (false). */
bool terminal_wait(uint64_t deadline_ns);

/* Makes terminal_wait() return: for whoever has news for the command that runs. */
void terminal_kick(void);

/* Gives back the last `length` bytes that terminal_read() gave: they will be read again. */
void terminal_unread(const void *bytes, size_t length);

/* While a command runs: whether Ctrl-C was typed since the last call. Everything typed before it is
 * dropped, everything typed behind it is kept for the next prompt. */
bool terminal_interrupted(void);

/* Whether `key` was typed since the last look. Everything up to and with it is dropped, what follows is
 * kept. */
bool terminal_take_through(char key);

/* Sleeps for ns. 0, or -EINTR as soon as Ctrl-C is typed. */
int terminal_pause(uint64_t ns);

/* Shows a line (without line end) that belongs to no command: at once, with the edited line drawn again
 * below it; while the terminal is lent (terminal_lend), after that. */
void terminal_notice(const char *line);

/* While a command owns the whole screen (console, top): notices wait. Calls do not nest. */
void terminal_lend(bool lent);

/* What terminal_notice does around a line while one is edited: `hide` leaves an empty line, `redraw` shows
 * prompt and line again. NULL, NULL: nothing is edited. */
void terminal_set_edited(void (*hide)(void), void (*redraw)(void));

#endif
