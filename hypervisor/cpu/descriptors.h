/* GDT, IDT and TSS of a CPU. cpu/ only. */
#ifndef ENSO_CPU_DESCRIPTORS_H
#define ENSO_CPU_DESCRIPTORS_H

/* Fills in the shared IDT: once, by the boot CPU. */
void idt_init(void);
/* This CPU's GDT page, TSS and stacks, and their registers. Its area is mapped. */
void descriptors_load(unsigned int id);

#endif
