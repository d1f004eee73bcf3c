/* Measures system calls and page faults as the first process of a Linux guest, without a library. It says on the console what
   main.c of the freestanding program says, for each pass: NAME PASS CALLS [ ... ] CHECKSUM, waits for the host's answer to
   each bracket, and switches the machine off. Words of
   the command line, which the kernel hands on: passes=N and percent=N as there, processors=2 for the
   kernels that are about two. */
typedef unsigned long u64;
typedef unsigned char u8;

enum {
    READ = 0,
    WRITE = 1,
    OPEN = 2,
    CLOSE = 3,
    MMAP = 9,
    MUNMAP = 11,
    IOCTL = 16,
    PIPE = 22,
    YIELD = 24,
    FORK = 57,
    EXECVE = 59,
    EXIT = 60,
    WAIT4 = 61,
    UNLINK = 87,
    GETPPID = 110,
    REBOOT = 169
};

static inline long call(long number, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#define CALL1(n, a) call(n, (long)(a), 0, 0, 0, 0, 0)
#define CALL3(n, a, b, c) call(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)

static void print(const char *text) {
    long bytes = 0;
    while (text[bytes] != 0)
        bytes++;
    CALL3(WRITE, 1, text, bytes);
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

static void off(void) {
    CALL3(REBOOT, 0xfee1dead, 672274793, 0x4321fedc);
    CALL1(EXIT, 1);
}

static long checked(const char *what, long result) {
    if (result < 0) {
        print("\nfailed: ");
        print(what);
        print(" ");
        print_number(-result, 10, 1);
        print("\n");
        off();
    }
    return result;
}

static int status(long child) {
    int result = -1;
    checked("wait4", call(WAIT4, child, (long)&result, 0, 0, 0, 0));
    return result >> 8 & 0xFF;
}

enum { PAGE = 4096, PRIVATE = 0x22 };

static u8 *map(u64 bytes) {
    return (u8 *)checked("mmap", call(MMAP, 0, bytes, 3, PRIVATE, -1, 0));
}

/* The shortest system call. */
static u64 nothing(void) {
    u64 sum = 0;
    for (int i = 0; i < 100; i++)
        sum += CALL3(GETPPID, 0, 0, 0);
    return sum;
}

static u8 buffer[PAGE];

/* A pipe, filled and emptied by one process. */
static u64 through(void) {
    int ends[2];
    u64 sum = 0;
    checked("pipe", CALL1(PIPE, ends));
    for (int i = 0; i < 20; i++) {
        long bytes = i & 1 ? PAGE : 64;
        sum += checked("write", CALL3(WRITE, ends[1], buffer, bytes));
        sum += checked("read", CALL3(READ, ends[0], buffer, bytes));
    }
    CALL1(CLOSE, ends[0]);
    CALL1(CLOSE, ends[1]);
    return sum;
}

/* Two processes that wait for each other. */
static u64 turns(void) {
    enum { TURNS = 50 };
    int there[2], back[2];
    u64 sum = 0;
    checked("pipe", CALL1(PIPE, there));
    checked("pipe", CALL1(PIPE, back));
    long child = checked("fork", CALL3(FORK, 0, 0, 0));
    for (int i = 0; i < TURNS; i++) {
        u8 value = i;
        if (child == 0) {
            CALL3(READ, there[0], &value, 1);
            value ^= 0x55;
            CALL3(WRITE, back[1], &value, 1);
        } else {
            CALL3(WRITE, there[1], &value, 1);
            CALL3(READ, back[0], &value, 1);
            sum += value;
        }
    }
    if (child == 0)
        CALL1(EXIT, 0);
    sum += status(child);
    for (int i = 0; i < 2; i++) {
        CALL1(CLOSE, there[i]);
        CALL1(CLOSE, back[i]);
    }
    return sum;
}

/* A process that ends at once, with some memory of its own to copy. */
static u64 child(void) {
    static u8 shared[16 * PAGE];
    for (int i = 0; i < 16; i++)
        shared[i * PAGE] = i;
    long pid = checked("fork", CALL3(FORK, 0, 0, 0));
    if (pid == 0) {
        int sum = 0;
        for (int i = 0; i < 16; i++)
            sum += ++shared[i * PAGE];
        CALL1(EXIT, sum & 0x7F);
    }
    return status(pid);
}

static char *const end_at_once[] = {"/init", "child", 0};
static char *const nothing_more[] = {0};

/* A process that becomes another program. */
static u64 program(void) {
    long pid = checked("fork", CALL3(FORK, 0, 0, 0));
    if (pid == 0) {
        CALL3(EXECVE, end_at_once[0], end_at_once, nothing_more);
        CALL1(EXIT, 99);
    }
    return status(pid);
}

/* Memory that is mapped, touched page by page, and given back. */
static u64 touch(void) {
    enum { PAGES = 64 };
    u64 sum = 0;
    u8 *memory = map(PAGES * PAGE);
    for (int i = 0; i < PAGES; i++)
        memory[i * PAGE + i] = i;
    for (int i = 0; i < PAGES; i++)
        sum += memory[i * PAGE + i];
    checked("munmap", CALL3(MUNMAP, memory, PAGES * PAGE, 0));
    return sum;
}

/* A file that is made, written, read and removed. */
static u64 file(void) {
    static const char path[] = "/file";
    u64 sum = 0;
    long made = checked("open", CALL3(OPEN, path, 0102, 0600));
    for (int i = 0; i < 4; i++)
        sum += CALL3(WRITE, made, buffer, PAGE);
    CALL1(CLOSE, made);
    made = checked("open", CALL3(OPEN, path, 0, 0));
    while (CALL3(READ, made, buffer, PAGE) > 0)
        sum++;
    CALL1(CLOSE, made);
    checked("unlink", CALL1(UNLINK, path));
    return sum;
}

/* Some time of work that needs nothing but a processor. */
static int work(void) {
    enum { WORDS = 4096, ROUNDS = 1500 };
    static u64 words[WORDS];
    u64 x = 88172645463325252;
    for (int i = 0; i < WORDS; i++)
        words[i] = i;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < WORDS; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            words[i] = (words[i] ^ x) * 5 + words[x & WORDS - 1];
        }
    }
    return words[0] & 0x7F;
}

/* So many processes work at the same time. */
static u64 workers(int count) {
    long pids[2];
    u64 sum = 0;
    for (int i = 0; i < count; i++) {
        pids[i] = checked("fork", CALL3(FORK, 0, 0, 0));
        if (pids[i] == 0)
            CALL1(EXIT, work());
    }
    for (int i = 0; i < count; i++)
        sum += status(pids[i]);
    return sum;
}

static u64 alone(void) {
    return workers(1);
}

static u64 pair(void) {
    return workers(2);
}

static const struct {
    const char *name;
    u64 (*run)(void);
    int calls;
    int processors;
} kernels[] = {
    {"getppid", nothing, 2000, 1}, {"pipe", through, 1000, 1}, {"switch", turns, 100, 1}, {"fork", child, 200, 1},
    {"exec", program, 150, 1},     {"mmap", touch, 400, 1},    {"file", file, 1000, 1},   {"alone", alone, 4, 2},
    {"pair", pair, 4, 2},
};

static int number(char **words, const char *key, int otherwise) {
    for (; *words != 0; words++) {
        int n = 0;
        while (key[n] != 0 && (*words)[n] == key[n])
            n++;
        if (key[n] == 0 && (*words)[n] == '=') {
            int value = 0;
            for (const char *text = *words + n + 1; *text >= '0' && *text <= '9'; text++)
                value = value * 10 + (*text - '0');
            return value;
        }
    }
    return otherwise;
}

/* What the host answers comes at once and is not shown. */
static void quiet_terminal(void) {
    enum { TCGETS = 0x5401, TCSETS = 0x5402, ICANON = 2, ECHO = 8 };
    unsigned settings[20];
    checked("TCGETS", CALL3(IOCTL, 0, TCGETS, settings));
    settings[3] &= ~(ICANON | ECHO);
    checked("TCSETS", CALL3(IOCTL, 0, TCSETS, settings));
}

/* Tells the host something and waits until it has answered. */
static void mark(const char *text) {
    char answer;
    print(text);
    checked("read", CALL3(READ, 0, &answer, 1));
}

__attribute__((used)) void begin(long *stack) {
    long count = stack[0];
    char **arguments = (char **)(stack + 1), **words = arguments + count + 1;
    if (count > 1 && arguments[1][0] == 'c')
        CALL1(EXIT, 42);
    int passes = number(words, "passes", 3), percent = number(words, "percent", 100);
    int processors = number(words, "processors", 1);
    quiet_terminal();
    print("bench 1\n");
    for (u64 i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        if (kernels[i].processors != processors)
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
    off();
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
