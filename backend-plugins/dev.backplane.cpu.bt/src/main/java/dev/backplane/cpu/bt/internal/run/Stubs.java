package dev.backplane.cpu.bt.internal.run;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.cpu.bt.internal.host.CodeMemory;
import dev.backplane.cpu.bt.internal.translate.Exits;
import dev.backplane.cpu.bt.internal.translate.RegisterMap;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The code around emitted code, at the begin of its memory: the entry, which is called from Java with the state area's address and
 * the place to begin, and one exit for each kind, which emitted code calls with a number behind the call.
 */
final class Stubs {
    private static final int[] SAVED = {Assembler.RBX, Assembler.RBP, 12, 13, 14, 15};

    /** VINSERTF128 and VEXTRACTF128. */
    private static final int INSERT_HALF = 0x18;

    private static final int EXTRACT_HALF = 0x19;

    /** Called with the address of the code, as a constant that the compiler sees through. */
    private static final MethodHandle CALL = linked();

    private final MemorySegment enter;
    private final int bytes;

    Stubs(CodeMemory memory) {
        var a = new Assembler();
        for (int register : SAVED) {
            push(a, register);
        }
        // wrgsbase rdi; mov rax, rsi
        a.op(Assembler.PF3 | Assembler.W, Assembler.MAP_0F | 0xAE, 3, Assembler.RDI);
        a.load(Assembler.RAX, Assembler.RSI);
        // Guest code without AVX would wait for upper halves that the JVM left behind.
        a.zeroUpper();
        a.op(0, Assembler.MAP_0F | 0xAE, 3, Assembler.gs(StateArea.HOST_MXCSR));
        a.op(0, Assembler.MAP_0F | 0xAE, 2, Assembler.gs(StateArea.MXCSR));
        for (int n = 0; n < 16; n++) {
            a.op(0, Assembler.MAP_0F | 0x10, n, Assembler.gs(StateArea.XMM + 16 * n));
        }
        int loadUppers = ifUppersUsed(a);
        int uppersLoaded = a.size();
        for (int guest = 0; guest < 16; guest++) {
            if (RegisterMap.home(guest) >= 0) {
                a.load(RegisterMap.home(guest), Assembler.gs(StateArea.REGISTERS + 8 * guest));
            }
        }
        a.op(0, 0xFF, 4, Assembler.RAX);
        align(a);
        int[] toCommon = new int[Exits.KINDS];
        for (int kind = 0; kind < Exits.KINDS; kind++) {
            while (a.size() < Exits.STUBS + kind * Exits.STUB_BYTES) {
                a.byte1(0xCC);
            }
            a.constant(Assembler.RCX, kind);
            toCommon[kind] = a.jmp();
        }
        align(a);
        for (int place : toCommon) {
            a.land(place);
        }
        a.store(Assembler.gs(StateArea.VALUE), Assembler.RAX);
        a.byte1(0x58);
        // The number behind the call, the kind from bit 32 on, what happened to the privilege from bit 48 on.
        a.op(0, 0x8B, Assembler.RAX, Assembler.AT_RAX);
        shift(a, 32);
        a.op(0, Assembler.MAP_0F | 0xB7, Assembler.RCX, Assembler.gs(StateArea.SET));
        shift(a, 48);
        a.op(0, Assembler.MAP_0F | 0xAE, 3, Assembler.gs(StateArea.MXCSR));
        a.op(0, Assembler.MAP_0F | 0xAE, 2, Assembler.gs(StateArea.HOST_MXCSR));
        for (int n = 0; n < 16; n++) {
            a.op(0, Assembler.MAP_0F | 0x11, n, Assembler.gs(StateArea.XMM + 16 * n));
        }
        int storeUppers = ifUppersUsed(a);
        int uppersStored = a.size();
        for (int guest = 0; guest < 16; guest++) {
            if (RegisterMap.home(guest) >= 0) {
                a.store(Assembler.gs(StateArea.REGISTERS + 8 * guest), RegisterMap.home(guest));
            }
        }
        for (int n = SAVED.length - 1; n >= 0; n--) {
            pop(a, SAVED[n]);
        }
        a.byte1(0xC3);
        a.land(loadUppers);
        uppers(a, INSERT_HALF);
        a.patch(a.jmp(), uppersLoaded);
        a.land(storeUppers);
        uppers(a, EXTRACT_HALF);
        a.zeroUpper();
        a.patch(a.jmp(), uppersStored);
        align(a);
        bytes = a.size();
        MemorySegment.copy(a.code(), 0, memory.segment(), ValueLayout.JAVA_BYTE, 0, bytes);
        enter = MemorySegment.ofAddress(memory.address(0));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle linked() {
        return Linker.nativeLinker()
                .downcallHandle(
                        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    }

    /** How much of the code memory they take. */
    int bytes() {
        return bytes;
    }

    /** Runs emitted code until it leaves. Returns which exit it was: for {@link #exit}, {@link #kind} and {@link #moved}. */
    long enter(long state, long code) {
        try {
            return (long) CALL.invokeExact(enter, state, code);
        } catch (Throwable e) {
            throw new IllegalStateException("emitted code could not be called", e);
        }
    }

    /** The number of the exit. */
    static int exit(long left) {
        return (int) left;
    }

    /** The kind of the exit. */
    static int kind(long left) {
        return (int) (left >>> 32) & 0xFFFF;
    }

    /** What {@link StateArea#SET} and the byte behind it have. */
    static int moved(long left) {
        return (int) (left >>> 48);
    }

    private static void shift(Assembler a, int count) {
        a.op(Assembler.W, 0xC1, 4, Assembler.RCX);
        a.byte1(count);
        a.op(Assembler.W, 0x0B, Assembler.RAX, Assembler.RCX);
    }

    private static int ifUppersUsed(Assembler a) {
        a.op(Assembler.BYTE, 0x80, 7, Assembler.gs(StateArea.UPPERS_USED));
        a.byte1(0);
        return a.jcc(Assembler.NOT_EQUAL);
    }

    /** VINSERTF128 or VEXTRACTF128 of all upper halves; the first also names its register in VEX.vvvv. */
    private static void uppers(Assembler a, int opcode) {
        for (int n = 0; n < 16; n++) {
            int first = opcode == INSERT_HALF ? n : 0;
            a.vex(1, Assembler.MAP_0F3A | opcode, n, first, Assembler.gs(StateArea.UPPERS + 16 * n), false, 1);
            a.byte1(1);
        }
    }

    private static void push(Assembler a, int register) {
        if (register > 7) {
            a.byte1(0x41);
        }
        a.byte1(0x50 | register & 7);
    }

    private static void pop(Assembler a, int register) {
        if (register > 7) {
            a.byte1(0x41);
        }
        a.byte1(0x58 | register & 7);
    }

    private static void align(Assembler a) {
        while ((a.size() & 63) != 0) {
            a.byte1(0xCC);
        }
    }
}
