/* cpu/ only. */
#ifndef ENSO_CPU_FEATURES_H
#define ENSO_CPU_FEATURES_H

/* Fills in cpu_features (boot CPU) but for what depends on XCR0. Panics without what every x86-64 has and we
 * need. */
void features_detect(void);

#endif
