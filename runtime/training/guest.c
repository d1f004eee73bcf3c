// The guest of the training run: does a little of everything that an operating system and its programs do, with all its code
// translated anew many times. See README.md.
#include <stdint.h>
#include <emmintrin.h>
#include <tmmintrin.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define NOINLINE __attribute__((noinline))
#define USER_BASE 0x40000000ull
#define USER_PAGES 256

extern char code_end[];
static volatile u64 sum;
static volatile u64 ticks, faults, calls;

// ---- the machine ---------------------------------------------------------------------------------------------------

static inline void out8(u16 port, u8 v) { asm volatile("outb %0,%1" ::"a"(v), "Nd"(port)); }
static inline u8 in8(u16 port) { u8 v; asm volatile("inb %1,%0" : "=a"(v) : "Nd"(port)); return v; }
static inline u64 rdmsr(u32 n) { u32 a, d; asm volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(n)); return (u64)d << 32 | a; }
static inline void wrmsr(u32 n, u64 v) { asm volatile("wrmsr" ::"c"(n), "a"((u32)v), "d"((u32)(v >> 32))); }
static inline u64 rdtsc(void) { u32 a, d; asm volatile("rdtsc" : "=a"(a), "=d"(d)); return (u64)d << 32 | a; }
static inline void invlpg(u64 at) { asm volatile("invlpg (%0)" ::"r"(at) : "memory"); }
static inline u64 cr3(void) { u64 v; asm volatile("mov %%cr3,%0" : "=r"(v)); return v; }
static inline void set_cr3(u64 v) { asm volatile("mov %0,%%cr3" ::"r"(v) : "memory"); }

static int quiet;

NOINLINE static void print(const char *s) {
    for (; *s && !quiet; s++) {
        while (!(in8(0x3fd) & 0x20)) asm volatile("pause");
        out8(0x3f8, *s);
    }
}

static u64 pml4[2][512] __attribute__((aligned(4096)));
static u64 pdpt[2][512] __attribute__((aligned(4096)));
static u64 low[512] __attribute__((aligned(4096)));
static u64 user_pd[2][512] __attribute__((aligned(4096)));
static u64 user_pt[2][512] __attribute__((aligned(4096)));
static u8 frames[USER_PAGES][4096] __attribute__((aligned(4096)));
static u64 gdt[8] __attribute__((aligned(16)));
static u32 tss[32] __attribute__((aligned(16)));
static u64 idt[512] __attribute__((aligned(16)));
static u8 kernel_stack[16384] __attribute__((aligned(16)));
__attribute__((used)) static u8 boot_stack[16384] __attribute__((aligned(16)));

// Identity-mapped below 1 GiB by large pages; above, the user's pages, which come when they are touched.
static void paging(void) {
    for (int n = 0; n < 512; n++) low[n] = (u64)n << 21 | 0x187;
    for (int space = 0; space < 2; space++) {
        pml4[space][0] = (u64)pdpt[space] | 7;
        pdpt[space][0] = (u64)low | 7;
        pdpt[space][1] = (u64)user_pd[space] | 7;
        user_pd[space][0] = (u64)user_pt[space] | 7;
    }
    u64 cr4;
    asm volatile("mov %%cr4,%0\n or $0x80,%0\n mov %0,%%cr4" : "=r"(cr4)); // global pages
    set_cr3((u64)pml4[0]);
}

static void table(void *at, u16 bytes, int interrupts) {
    struct { u16 limit; u64 base; } __attribute__((packed)) r = {bytes - 1, (u64)at};
    if (interrupts) asm volatile("lidt %0" ::"m"(r)); else asm volatile("lgdt %0" ::"m"(r));
}

static void gate(int vector, void *to) {
    u64 a = (u64)to;
    idt[2 * vector] = (a & 0xffff) | 8 << 16 | 0x8e00ull << 32 | (a >> 16 & 0xffff) << 48;
    idt[2 * vector + 1] = a >> 32;
}

asm(".section .text.start\n.globl _start\n_start: lea boot_stack+16384(%rip),%rsp\n"
    // SSE is used from the first function on: OSFXSR, OSXMMEXCPT.
    " mov %cr4,%rax\n or $0x600,%eax\n mov %rax,%cr4\n xor %ebp,%ebp\n call main\n1: hlt\n jmp 1b\n"
    ".text\n"
    ".macro SAVE\n push %rax\n push %rcx\n push %rdx\n push %rsi\n push %rdi\n push %r8\n push %r9\n push %r10\n push %r11\n cld\n .endm\n"
    ".macro RESTORE\n pop %r11\n pop %r10\n pop %r9\n pop %r8\n pop %rdi\n pop %rsi\n pop %rdx\n pop %rcx\n pop %rax\n .endm\n"
    "on_fault: SAVE\n mov %cr2,%rdi\n call page_fault\n RESTORE\n add $8,%rsp\n iretq\n"
    "on_timer: SAVE\n call timer\n RESTORE\n iretq\n"
    "on_trap: incq traps(%rip)\n iretq\n"
    // SYSCALL: the number in rax, arguments in rdi, rsi. Number 0 comes back to the kernel.
    "on_syscall: swapgs\n mov %rsp,%gs:8\n mov %gs:0,%rsp\n push %rcx\n push %r11\n test %rax,%rax\n jz 1f\n sti\n call system_call\n cli\n"
    " pop %r11\n pop %rcx\n mov %gs:8,%rsp\n swapgs\n sysretq\n"
    "1: swapgs\n mov saved_rsp(%rip),%rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n popf\n ret\n"
    // rdi: where in user mode, rsi: its stack.
    "to_user: pushf\n push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n mov %rsp,saved_rsp(%rip)\n"
    " push $0x1b\n push %rsi\n push $0x202\n push $0x23\n push %rdi\n iretq\n");

extern void on_fault(void), on_timer(void), on_trap(void), on_syscall(void), to_user(u64 rip, u64 rsp);
u64 saved_rsp, traps;
static u64 per_cpu[2];

__attribute__((used)) void page_fault(u64 at) {
    faults++;
    int space = cr3() != (u64)pml4[0];
    u64 page = (at - USER_BASE) >> 12;
    if (page < USER_PAGES) {
        u8 *frame = frames[page];
        for (int n = 0; n < 4096; n += 512) frame[n] = (u8)page;
        user_pt[space][page] = (u64)frame | 7;
    }
}

static void next_tick(void) { wrmsr(0x6e0, rdtsc() + 3000000); }

__attribute__((used)) void timer(void) {
    ticks++;
    wrmsr(0x80b, 0);
    next_tick();
}

static u8 pipe_buffer[4096];

__attribute__((used)) u64 system_call(u64 a, u64 b) {
    calls++;
    for (u64 n = 0; n < (b & 63); n++) pipe_buffer[(a + n) & 4095] ^= (u8)n;
    asm volatile("cli\n sti");
    return a + pipe_buffer[b & 4095];
}

static void machine(void) {
    paging();
    u64 base = (u64)tss;
    gdt[1] = 0x00af9b000000ffff;
    gdt[2] = 0x00cf93000000ffff;
    gdt[3] = 0x00cff3000000ffff;
    gdt[4] = 0x00affb000000ffff;
    gdt[6] = 0x0000890000000067 | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    gdt[7] = base >> 32;
    *(u64 *)(tss + 1) = (u64)(kernel_stack + sizeof kernel_stack);
    table(gdt, sizeof gdt, 0);
    asm volatile("push $8\n lea 1f(%%rip),%%rax\n push %%rax\n lretq\n1: mov $16,%%eax\n mov %%ax,%%ds\n mov %%ax,%%es\n mov %%ax,%%ss\n"
                 "mov $0x30,%%eax\n ltr %%ax" ::: "rax", "memory");
    for (int v = 0; v < 32; v++) gate(v, on_trap);
    gate(14, on_fault);
    gate(32, on_timer);
    table(idt, sizeof idt, 1);
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    wrmsr(0x1b, rdmsr(0x1b) | 0xc00);
    wrmsr(0x80f, 0x1ff);
    wrmsr(0x832, 0x40020);
    wrmsr(0xc0000080, rdmsr(0xc0000080) | 1);
    wrmsr(0xc0000081, 0x10ull << 48 | 8ull << 32);
    wrmsr(0xc0000082, (u64)on_syscall);
    wrmsr(0xc0000084, 0x700);
    per_cpu[0] = (u64)(kernel_stack + sizeof kernel_stack);
    wrmsr(0xc0000102, (u64)per_cpu);
    next_tick();
    asm volatile("sti");
}

// ---- programs ------------------------------------------------------------------------------------------------------

static u32 words[1024];
static u8 text[4096];
static double da[24][24], db[24][24], dc[24][24];

static u32 seed = 1;
static inline u32 random32(void) { seed = seed * 1664525 + 1013904223; return seed; }

NOINLINE static u64 sieve(int n) {
    u64 found = 0;
    for (int i = 0; i < n; i++) text[i] = 1;
    for (int i = 2; i < n; i++)
        if (text[i]) { found++; for (int j = 2 * i; j < n; j += i) text[j] = 0; }
    return found;
}

NOINLINE static u32 hashes(const u8 *p, int n) {
    u32 h = 2166136261u, crc = ~0u;
    u16 a = 1, b = 0;
    for (int i = 0; i < n; i++) {
        h = (h ^ p[i]) * 16777619u;
        crc ^= p[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        a += p[i];
        b = (u16)(b + a) % 65521;
        h = h << 5 | h >> 27;
    }
    return h ^ crc ^ b;
}

NOINLINE static void big(u64 *r, const u64 *a, u64 m, int n) {
    u64 carry = 0;
    for (int i = 0; i < n; i++) {
        unsigned __int128 t = (unsigned __int128)a[i] * m + r[i] + carry;
        r[i] = (u64)t;
        carry = t >> 64;
    }
    r[n] += carry;
    asm volatile("clc\n mov (%0),%%rax\n adc %%rax,8(%0)\n sbb $0,%%rax\n adcq $5,16(%0)\n mov %%rax,(%0)" ::"r"(r) : "rax", "memory", "cc");
}

typedef int (*compare)(u32, u32);
static int up(u32 a, u32 b) { return a < b ? -1 : a > b; }
static int down(u32 a, u32 b) { return (int)(b > a) - (int)(b < a); }

NOINLINE static void sort(u32 *v, int n, compare c) {
    if (n < 2) return;
    u32 pivot = v[n / 2];
    int i = 0, j = n - 1;
    while (i <= j) {
        while (c(v[i], pivot) < 0) i++;
        while (c(v[j], pivot) > 0) j--;
        if (i <= j) { u32 t = v[i]; v[i++] = v[j]; v[j--] = t; }
    }
    sort(v, j + 1, c);
    sort(v + i, n - i, c);
}

NOINLINE static u64 machine_of_states(int steps) {
    u64 acc = 1;
    int state = 0;
    for (int n = 0; n < steps; n++) {
        switch (state) {
        case 0: acc += 3; state = acc & 1 ? 4 : 1; break;
        case 1: acc ^= acc << 7; state = 2; break;
        case 2: acc = acc >> 3 | acc << 61; state = acc & 4 ? 5 : 3; break;
        case 3: acc *= 0x9e3779b97f4a7c15ull; state = 6; break;
        case 4: acc -= acc / 7; state = 2; break;
        case 5: acc = (u64)((int64_t)acc % 1000003) + 17; state = 7; break;
        case 6: acc = ~acc; state = 0; break;
        default: acc = acc < 100 ? acc + 100 : -acc; state = 3;
        }
    }
    return acc;
}

NOINLINE static u64 recursive(u32 n) { return n < 2 ? n : recursive(n - 1) + recursive(n - 2); }

NOINLINE static u64 bits(u64 v) {
    u64 r = 0;
    u32 w = (u32)v;
    u16 h = (u16)v;
    u8 b = (u8)v;
    r += __builtin_ctzll(v | 1) + __builtin_clzll(v | 1) + __builtin_popcountll(v) + __builtin_bswap64(v);
    asm volatile("bts %1,%0\n setc %b0" : "+r"(r) : "r"(v & 31) : "cc");
    asm volatile("btr $3,%0\n btc $5,%0\n bt $9,%0\n adc $0,%0" : "+r"(r)::"cc");
    asm volatile("shld $5,%1,%0\n shrd %%cl,%1,%0\n rcl $1,%0\n rcr $1,%0\n ror %%cl,%0\n sar $2,%0" : "+r"(r) : "r"(v), "c"((u8)(v & 15)) : "cc");
    asm volatile("rolw $3,%w0\n addb %b1,%b0\n sbbw %w1,%w0\n negb %b0\n notw %w0\n imulw %w1,%w0\n xchgb %b0,%b1" : "+q"(h), "+q"(w)::"cc");
    asm volatile("mulb %b1\n mov %w0,%w0\n cbw\n cwd\n cwde\n cdq\n cqo" : "+a"(b) : "q"(w) : "rdx", "cc");
    r += (u64)(int8_t)b + (u64)(int16_t)h + (int)w;
    r += v > 100 ? v / (w | 1) : v % 10;
    r += (int64_t)v < 0 ? 3 : (int64_t)w * -7;
    return r;
}

NOINLINE static u64 strings(void) {
    u8 *d = text, *s = text + 2048;
    u64 n = 512, c = 64, left;
    asm volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(0x5a) : "memory");
    d = text; n = 96;
    asm volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(c)::"memory");
    d = text; s = text + 7;
    asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
    d = text; n = 512;
    asm volatile("repne scasb" : "+D"(d), "+c"(n) : "a"(1) : "memory", "cc");
    left = n; d = text; s = text + 1024; n = 128;
    asm volatile("repe cmpsb" : "+D"(d), "+S"(s), "+c"(n)::"memory", "cc");
    u64 length = 0;
    while (length < 1000 && text[length] != 0xff) length++;
    return left + n + length;
}

NOINLINE static u64 doubles(int n) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double s = 0;
            for (int k = 0; k < n; k++) s += da[i][k] * db[k][j];
            dc[i][j] = s > 1e6 ? s / 3 : s - (float)j;
        }
    __m128i v = _mm_set1_epi32(n), m = _mm_set_epi8(15, 14, 13, 12, 8, 9, 10, 11, 7, 6, 5, 4, 0, 1, 2, 3);
    for (int i = 0; i < 32; i++) {
        v = _mm_add_epi32(_mm_shuffle_epi8(v, m), _mm_loadu_si128((const __m128i *)(text + 16 * i + 3)));
        v = _mm_xor_si128(_mm_slli_epi32(v, 3), _mm_unpacklo_epi8(v, _mm_cmpgt_epi16(v, m)));
        v = _mm_madd_epi16(v, _mm_packus_epi16(v, _mm_srli_epi64(v, 5)));
        _mm_store_si128((__m128i *)words + (i & 31), v);
    }
    return (u64)dc[n - 1][n - 1] + (u64)_mm_cvtsi128_si64(v) + _mm_movemask_epi8(v);
}

NOINLINE static u64 atomics(u64 *at) {
    u64 old = __atomic_fetch_add(at, 3, __ATOMIC_SEQ_CST);
    __atomic_fetch_or((u32 *)at + 2, 5, __ATOMIC_SEQ_CST);
    __atomic_compare_exchange_n(at, &old, old + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    asm volatile("lock btsq $7,%0\n lock decb %0\n lock incw %0\n lock xaddl %%eax,%0\n mfence" : "+m"(*at)::"eax", "cc");
    return __atomic_exchange_n((u8 *)at, 1, __ATOMIC_SEQ_CST) + old;
}

static u64 numbers[64], cell[4] __attribute__((aligned(16)));

static void programs(void) {
    sum += sieve(400);
    sum += hashes(text, 24);
    for (int i = 0; i < 6; i++) big(numbers, numbers + 16, 0x123456789abcdefull + i, 16);
    for (int i = 0; i < 48; i++) words[i] = random32();
    sort(words, 48, up);
    sort(words, 48, down);
    sum += machine_of_states(120) + recursive(7) + bits(sum) + bits(random32()) + strings() + doubles(4) + atomics(cell);
}

// ---- user mode and the rounds --------------------------------------------------------------------------------------

static inline u64 call(u64 number, u64 a, u64 b) {
    u64 r = number;
    asm volatile("syscall" : "+a"(r), "+D"(a), "+S"(b)::"rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
    return r;
}

static void user(void) {
    volatile u64 *page = (volatile u64 *)USER_BASE;
    for (int n = 0; n < 24; n++) page[512 * ((7 * n) % (USER_PAGES - 16)) + n] += n;
    for (int n = 0; n < 20; n++) page[n] = call(1, n, page[n + 1]);
    asm volatile("ud2");
    call(0, 0, 0);
    __builtin_unreachable();
}

// Two bytes on, so that the trap of UD2 comes back.
asm("on_undefined: addq $2,(%rsp)\n incq traps(%rip)\n iretq\n");
extern void on_undefined(void);

NOINLINE static void kernel_work(int round) {
    int space = round & 1;
    set_cr3((u64)pml4[space]);
    to_user((u64)user, USER_BASE + 4096 * USER_PAGES - 64);
    for (int n = 0; n < USER_PAGES; n += 1 + (round & 3)) {
        user_pt[space][n] = 0;
        if (n & 1) invlpg(USER_BASE + 4096ull * n);
    }
    u32 a = 0, b, c = 0, d;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    sum += b + rdmsr(0xc0000080) + rdmsr(0x1b);
    u64 flags;
    asm volatile("pushf\n pop %0\n push %0\n popf" : "=r"(flags)::"cc");
    sum += flags;
    asm volatile("int3\n fninit\n fld1\n faddp\n fnstcw %0" : "=m"(cell[2]));
    if ((round & 31) == 0) {
        print(".");
        asm volatile("sti\n hlt");
    }
}

// rounds: as whoever starts it says in EDI, and nothing is printed then, or 300.
__attribute__((used)) int main(int rounds) {
    quiet = rounds > 0 && rounds < 300;
    if (!quiet) rounds = 300;
    machine();
    gate(6, on_undefined);
    print("training ");
    for (int round = 0; round < rounds; round++) {
        kernel_work(round);
        programs();
        // The same bytes, but whoever keeps translations cannot know that.
        for (volatile u8 *page = (volatile u8 *)0x200000; (char *)page < code_end; page += 64) *page = *page;
    }
    print(ticks && faults && calls && traps ? " done\r\n" : " failed\r\n");
    // What all of it came to is in RBX. Nobody may be at the first port; the second resets.
    asm volatile("outb %%al,$0xf4" ::"a"(0), "b"(sum));
    for (;;) out8(0xcf9, 6);
}

asm(".section .text.zz_end\n.globl code_end\ncode_end:\n");
