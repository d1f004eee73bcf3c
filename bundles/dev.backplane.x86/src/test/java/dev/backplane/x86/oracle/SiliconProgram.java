package dev.backplane.x86.oracle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * The program that runs test cases on the host's processor: a static ELF file of a page and a half, written byte by byte, so that
 * no compiler is needed and no runtime stands between a case and its signal handler. It maps the file that is its argument
 * (see {@link SiliconLayout}), and then for each byte on its standard input runs all cases of the batch and answers with a
 * byte.
 *
 * <p>A case is entered by IRETQ, which loads CS, RFLAGS with TF and AC, RSP and SS together, and left by the signal of the
 * exception that it ends with: the handler copies the kernel's picture of the registers to the case and goes on with the next.
 */
final class SiliconProgram {
    private static final int IMAGE = 0x400000;
    private static final int HEADERS = 0x78;
    private static final int CODE_BYTES = 0x700;
    private static final int VARIABLES = IMAGE + HEADERS + CODE_BYTES;
    private static final int CURRENT = VARIABLES;
    private static final int INDEX = SiliconLayout.SHARED + 8;
    private static final int BUFFER = VARIABLES + 16;
    private static final int ACTION = VARIABLES + 32;
    private static final int ALTERNATE = VARIABLES + 64;
    private static final int STACK_TOP = VARIABLES + 0x1000 & -4096;
    /** Where no random stack pointer leads to: the kernel would take the stack for in use. */
    private static final long SIGNAL_STACK = 0x2A71_C54E_0000L;

    private static final int SIGNAL_STACK_BYTES = 0x20000;

    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int OPEN = 2;
    private static final int MMAP = 9;
    private static final int SIGACTION = 13;
    private static final int EXIT = 60;
    private static final int SIGALTSTACK = 131;
    private static final int ARCH_PRCTL = 158;
    private static final int SCHED_SETAFFINITY = 203;
    private static final int ARCH_SET_GS = 0x1001;
    private static final int ARCH_SET_FS = 0x1002;

    private static final int MAP_SHARED_FIXED_POPULATE = 0x8011;
    private static final int MAP_PRIVATE_ANONYMOUS_FIXED = 0x32;

    /** ILL, TRAP, BUS, FPE, SEGV. */
    private static final int[] SIGNALS = {4, 5, 7, 8, 11};

    /** SA_SIGINFO, SA_ONSTACK, SA_NODEFER, SA_RESTORER. */
    private static final int ACTION_FLAGS = 0x4C00_0004;

    private final ByteBuffer out = ByteBuffer.allocate(HEADERS + CODE_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private SiliconProgram() {}

    /** The bytes of the file. */
    static byte[] bytes() {
        var program = new SiliconProgram();
        program.headers();
        program.code();
        return program.out.array();
    }

    /** ELF header and one loadable segment that is everything. */
    private void headers() {
        hex("7f454c46 02010100 00000000 00000000");
        out.putShort((short) 2).putShort((short) 62).putInt(1);
        out.putLong(IMAGE + HEADERS).putLong(64).putLong(0);
        out.putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) 1);
        out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        out.putInt(1).putInt(7).putLong(0).putLong(IMAGE).putLong(IMAGE);
        out.putLong(HEADERS + CODE_BYTES).putLong(0x3000).putLong(0x1000);
    }

    private void code() {
        hex("488b7c2410"); // mov rdi, [rsp+16]: the argument
        hex("bc").putInt(STACK_TOP + 0x1000); // mov esp, top
        hex("be").putInt(2); // mov esi, O_RDWR
        hex("31d2"); // xor edx, edx
        system(OPEN);
        hex("4989c0"); // mov r8, rax: the file, for every mmap
        map(SiliconLayout.SHARED, SiliconLayout.FILE_BYTES, 3, 0);
        map(SiliconLayout.CODE, SiliconLayout.CODE_BYTES, 5, SiliconLayout.CODE_OFFSET);
        for (long data : new long[] {SiliconLayout.DATA, SiliconLayout.HIGH_DATA}) {
            int page = SiliconLayout.PAGE;
            map(data, 2 * page, 3, SiliconLayout.DATA_OFFSET);
            map(data + SiliconLayout.ALONE, page, 3, SiliconLayout.DATA_OFFSET);
            map(data + 2 * SiliconLayout.ALONE, page, 3, SiliconLayout.DATA_OFFSET + page);
        }
        map(SiliconLayout.CONSTANT, SiliconLayout.PAGE, 1, SiliconLayout.CONSTANT_OFFSET);
        affinity();
        int handlers = signals();
        restoreBases();
        int batch = here();
        hex("31ff be").putInt(BUFFER); // xor edi, edi; mov esi, buffer
        hex("ba").putInt(1);
        system(READ);
        hex("83f801 7409"); // cmp eax, 1; je +9
        hex("31ff b8").putInt(EXIT); // xor edi, edi; mov eax, exit
        hex("0f05");
        hex("c70425").putInt(INDEX).putInt(0); // mov dword [index], 0
        int next = here();
        hex("8b0425").putInt(INDEX); // mov eax, [index]
        hex("3b0425").putInt(SiliconLayout.SHARED); // cmp eax, [count]
        hex("721b"); // jb: over the answer
        hex("bf").putInt(1);
        hex("be").putInt(BUFFER);
        hex("ba").putInt(1);
        system(WRITE);
        jump(batch);
        enter();
        out.putInt(handlers, here());
        handle(next);
    }

    /** Stays on the first processor, if it may: its number can be read by LSL. */
    private void affinity() {
        hex("48c70425").putInt(BUFFER).putInt(1);
        hex("31ff be").putInt(8);
        hex("ba").putInt(BUFFER);
        system(SCHED_SETAFFINITY);
    }

    /** Gives all signals one handler on a stack of their own; returns where its address is to be put. */
    private int signals() {
        hex("4d31c9 49c7c0ffffffff"); // xor r9, r9; mov r8, -1
        hex("48bf").putLong(SIGNAL_STACK);
        hex("be").putInt(SIGNAL_STACK_BYTES);
        hex("ba").putInt(3);
        hex("41ba").putInt(MAP_PRIVATE_ANONYMOUS_FIXED);
        system(MMAP);
        hex("48890425").putInt(ALTERNATE); // mov [alternate], rax: where the mapping is
        hex("48c70425").putInt(ALTERNATE + 8).putInt(0);
        hex("48c70425").putInt(ALTERNATE + 16).putInt(SIGNAL_STACK_BYTES);
        hex("bf").putInt(ALTERNATE);
        hex("31f6");
        system(SIGALTSTACK);
        hex("48c70425").putInt(ACTION);
        int handlers = out.position();
        out.putInt(0);
        hex("48c70425").putInt(ACTION + 8).putInt(ACTION_FLAGS);
        for (int signal : SIGNALS) {
            hex("bf").putInt(signal);
            hex("be").putInt(ACTION);
            hex("31d2 41ba").putInt(8); // xor edx, edx; mov r10d, 8
            system(SIGACTION);
        }
        return handlers;
    }

    private void restoreBases() {
        base(ARCH_SET_FS, SiliconLayout.FS_BASE);
        base(ARCH_SET_GS, SiliconLayout.GS_BASE);
    }

    private void base(int which, long base) {
        hex("bf").putInt(which);
        hex("48be").putLong(base);
        system(ARCH_PRCTL);
    }

    /** Loads the case that the index names and begins it. */
    private void enter() {
        hex("69d8").putInt(SiliconLayout.SLOT_BYTES); // imul ebx, eax, slot
        hex("81c3").putInt(SiliconLayout.SHARED + SiliconLayout.SLOTS); // add ebx, slots
        hex("48891c25").putInt(CURRENT); // mov [current], rbx
        copy(SiliconLayout.IN_MEMORY, true);
        hex("8e9b").putInt(SiliconLayout.IN_DATA_SEGMENT); // mov ds, [rbx + ...]
        hex("8e83").putInt(SiliconLayout.IN_DATA_SEGMENT); // mov es, [rbx + ...]
        hex("480fae8b").putInt(SiliconLayout.IN_FX); // fxrstor64 [rbx + fx]
        if (HostCpu.has("avx")) {
            for (int n = 0; n < 16; n++) {
                // vinsertf128 ymm, ymm, [rbx + ...], 1
                hex("c4")
                        .put((byte) (n < 8 ? 0xE3 : 0x63))
                        .put((byte) (~n << 3 & 0x78 | 5))
                        .put((byte) 0x18);
                out.put((byte) (0x83 | (n & 7) << 3))
                        .putInt(SiliconLayout.IN_YMM + 16 * n)
                        .put((byte) 1);
            }
        }
        for (int register = 0; register < 16; register++) {
            if (register != 3 && register != 4) {
                hex(register < 8 ? "48" : "4c");
                hex("8b").put((byte) (0x83 | (register & 7) << 3)).putInt(SiliconLayout.IN_GPR + 8 * register);
            }
        }
        hex("488da3").putInt(SiliconLayout.IN_FRAME); // lea rsp, [rbx + frame]
        hex("488b9b").putInt(SiliconLayout.IN_GPR + 24); // mov rbx, [rbx + 24]
        hex("48cf"); // iretq
    }

    private void handle(int next) {
        hex("9c 812424ffbffbff 9d"); // pushfq; and dword [rsp], ~(AC | NT); popfq
        hex("488b1c25").putInt(CURRENT); // mov rbx, [current]
        hex("4989d4"); // mov r12, rdx
        hex("488d7228"); // lea rsi, [rdx + 40]: the registers of the signal's context
        hex("488dbb").putInt(SiliconLayout.OUT_REGISTERS); // lea rdi, [rbx + ...]
        hex("b9").putInt(SiliconLayout.REGISTERS);
        hex("f348a5"); // rep movsq
        hex("498bb424").putInt(40 + 8 * SiliconLayout.REGISTERS); // mov rsi, [r12 + fpstate]
        hex("488dbb").putInt(SiliconLayout.OUT_FX);
        hex("b9").putInt(SiliconLayout.OUT_FX_BYTES / 8);
        hex("f348a5");
        copy(SiliconLayout.OUT_MEMORY, false);
        segment("d8", SiliconLayout.OUT_SEGMENTS);
        segment("c0", SiliconLayout.OUT_SEGMENTS + 2);
        segment("e0", SiliconLayout.OUT_SEGMENTS + 4);
        segment("e8", SiliconLayout.OUT_SEGMENTS + 6);
        hex("f683").putInt(SiliconLayout.IN_OPTIONS).put((byte) SiliconLayout.SEGMENTS); // test byte [rbx + ...], 1
        int branch = out.position();
        hex("7400"); // je over
        hex("31c0 8ed8 8ec0 8ee0 8ee8"); // xor eax, eax; mov ds, es, fs, gs
        restoreBases();
        out.put(branch + 1, (byte) (out.position() - branch - 2));
        hex("ff0425").putInt(INDEX); // inc dword [index]
        hex("bc").putInt(STACK_TOP + 0x1000);
        jump(next);
    }

    /** mov eax, segment; mov [rbx + offset], ax. */
    private void segment(String register, int offset) {
        hex("8c" + register);
        hex("668983").putInt(offset);
    }

    private void copy(int offset, boolean in) {
        hex(in ? "488db3" : "488dbb").putInt(offset); // lea rsi or rdi, [rbx + offset]
        hex(in ? "bf" : "be").putInt((int) SiliconLayout.WINDOW);
        hex("b9").putInt(SiliconLayout.WINDOW_BYTES / 8);
        hex("f348a5");
    }

    private void map(long address, int bytes, int protection, int offset) {
        hex("48bf").putLong(address);
        hex("be").putInt(bytes);
        hex("ba").putInt(protection);
        hex("41ba").putInt(MAP_SHARED_FIXED_POPULATE);
        hex("41b9").putInt(offset);
        system(MMAP);
    }

    private void system(int number) {
        hex("b8").putInt(number);
        hex("0f05");
    }

    private void jump(int target) {
        hex("e9").putInt(target - here() - 4);
    }

    private int here() {
        return IMAGE + out.position();
    }

    private ByteBuffer hex(String digits) {
        return out.put(HexFormat.of().parseHex(digits.replace(" ", "")));
    }
}
