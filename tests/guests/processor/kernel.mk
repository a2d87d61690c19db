processor-srcs := main.c run.c run.S fpu.c gdt.c update_descriptor.c ldt.c bases.c debugreg.c ports.c control.c \
    instructions.c cpuid.c msr.c
