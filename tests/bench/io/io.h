/* io.h: the parts of the guest whose input and output is measured. */
#ifndef ENSO_BENCH_IO_H
#define ENSO_BENCH_IO_H

#define IO_ROUNDS 3     /* each operation is measured so often */

/* Where the debugger stops: at the start and at the end of each round, and of a shorter one that may be
 * recorded instruction by instruction; when all is done. They do nothing. */
void io_mark(void) __attribute__((noinline));
void io_end(void) __attribute__((noinline));

/* Prints how many operations a round has. */
void io_tell(const char *what, double count);

/* 0, or what failed has been said. */
int io_block(const char *disk);
int io_packets(void);

/* Does not return but with an error. */
int io_answer(void);

#endif
