processor-srcs := main.c features.c fpu.c debugreg.c ports.c control.c instructions.c cpuid.c msr.c modes.c
