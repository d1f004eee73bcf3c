/* Runs the kernels that the command line names and tells the host when each pass begins and ends. Words of the command line:
     only=NAME[,NAME]   kernels or groups; all without it
     passes=N           how often each is measured
     percent=N          how much of a pass is done, in hundredths
   Output on the first serial port, for each pass: NAME PASS CALLS [ ... ] CHECKSUM. The host takes times at the brackets, and answers
   each with a byte, for which the processor waits at rest: so no mark is late, and reading the time takes none of the pass. */
#include "kernels.h"

struct start_info {
    u32 magic, version, flags, modules;
    u64 module_list, command_line;
};

static inline void out(u16 port, u8 value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8 in(u16 port) {
    u8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

enum {
    COM1 = 0x3F8,
    INTERRUPT_ENABLE = COM1 + 1,
    FIFO_CONTROL = COM1 + 2,
    LINE_CONTROL = COM1 + 3,
    MODEM_CONTROL = COM1 + 4,
    LINE_STATUS = COM1 + 5,
    TRANSMITTER_EMPTY = 0x60,
    PIC = 0x20,
    SECOND_PIC = 0xA0,
    LOCAL_APIC = 0xFEE00000,
    SERIAL_LINE = 4,
    VECTORS = 0x20,
    DEBUG_EXIT = 0xF4
};

void received_interrupt(void);
volatile u8 received;

static struct gate {
    u16 low, selector, type, middle;
    u32 high, reserved;
} gates[VECTORS + SERIAL_LINE + 1];

/* The serial port's interrupt, through the first 8259, and no other. */
static void interrupts(void) {
    u64 handler = (u64)received_interrupt;
    gates[VECTORS + SERIAL_LINE] = (struct gate){handler, 8, 0x8E00, handler >> 16, handler >> 32, 0};
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) table = {sizeof gates - 1, (u64)gates};
    __asm__ volatile("lidt %0" : : "m"(table), "m"(gates));
    static const u8 words[] = {0x11, VECTORS, 4, 1};
    for (u32 i = 0; i < sizeof words; i++)
        out(PIC + (i != 0), words[i]);
    out(SECOND_PIC + 1, 0xFF);
    out(PIC + 1, 0xFF & ~(1 << SERIAL_LINE));
    /* The local APIC on, its LINT0 an ExtINT: not every firmware does it. */
    *(volatile u32 *)(u64)(LOCAL_APIC + 0xF0) = 0x1FF;
    *(volatile u32 *)(u64)(LOCAL_APIC + 0x350) = 0x700;
    out(FIFO_CONTROL, 7);
    out(LINE_CONTROL, 3);
    out(MODEM_CONTROL, 0xB);
    out(INTERRUPT_ENABLE, 1);
}

static void print(const char *text) {
    for (; *text != 0; text++) {
        while ((in(LINE_STATUS) & TRANSMITTER_EMPTY) != TRANSMITTER_EMPTY)
            ;
        out(COM1, *text);
    }
}

/* Tells the host something and waits until it has answered. */
static void mark(const char *text) {
    print(text);
    while (!received)
        __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
    received = 0;
}

static void print_number(u64 value, int base, int digits) {
    char text[24];
    int at = sizeof text - 1;
    text[at] = 0;
    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
        digits--;
    } while (value != 0 || digits > 0);
    print(text + at);
}

/* What stands behind KEY= in the command line, or null. */
static const char *word(const char *line, const char *key) {
    for (; *line != 0; line++) {
        int n = 0;
        while (key[n] != 0 && line[n] == key[n])
            n++;
        if (key[n] == 0 && line[n] == '=')
            return line + n + 1;
        while (line[1] != 0 && *line != ' ')
            line++;
    }
    return 0;
}

static int number(const char *line, const char *key, int otherwise) {
    const char *text = word(line, key);
    int value = 0;
    for (; text != 0 && *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (*text - '0');
    return value != 0 ? value : otherwise;
}

static int is(const char *text, const char *name) {
    while (*name != 0)
        if (*text++ != *name++)
            return 0;
    return *text == 0 || *text == ',' || *text == ' ';
}

static int chosen(const char *list, const struct kernel *kernel) {
    if (list == 0)
        return 1;
    while (!is(list, kernel->name) && !is(list, kernel->group)) {
        while (*list != ',')
            if (*list == 0 || *list++ == ' ')
                return 0;
        list++;
    }
    return 1;
}

void main(const struct start_info *info) {
    const char *line = info->command_line != 0 ? (const char *)info->command_line : "";
    const char *only = word(line, "only");
    int passes = number(line, "passes", 3);
    int percent = number(line, "percent", 100);
    interrupts();
    print("bench 1\n");
    for (int i = 0; i < kernel_count; i++) {
        if (!chosen(only, &kernels[i]))
            continue;
        int calls = kernels[i].calls * percent / 100;
        calls = calls != 0 ? calls : 1;
        for (int pass = 1; pass <= passes; pass++) {
            print(kernels[i].name);
            print(" ");
            print_number(pass, 10, 1);
            print(" ");
            print_number(calls, 10, 1);
            mark(" [");
            u64 sum = kernels[i].run();
            int same = 1;
            for (int n = 1; n < calls; n++)
                same &= kernels[i].run() == sum;
            mark("]");
            print(" ");
            print_number(sum, 16, 16);
            print(same ? "\n" : " differs\n");
        }
    }
    print("end\n");
    out(DEBUG_EXIT, 0);
    for (;;)
        __asm__ volatile("hlt");
}

/* Compilers call these. */
void *memset(void *to, int value, u64 bytes) {
    u8 *at = to;
    while (bytes-- != 0)
        *at++ = value;
    return to;
}

void *memcpy(void *to, const void *from, u64 bytes) {
    u8 *at = to;
    const u8 *source = from;
    while (bytes-- != 0)
        *at++ = *source++;
    return to;
}
