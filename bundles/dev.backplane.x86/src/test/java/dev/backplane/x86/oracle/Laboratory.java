package dev.backplane.x86.oracle;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Random;

/** Runs a form's cases on both machines, a batch at a time, and hands each pair of results to a judge. */
final class Laboratory implements AutoCloseable {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private static final int CELL = 128;
    private static final int CELLS = SiliconLayout.CODE_BYTES / CELL;
    private static final int STATES = SiliconLayout.BATCH / CELLS;
    private static final int START = 32;
    private static final int LAST_OF_PAGE = CELLS / 2 - 1;
    /** AVX state is present, in the header of XSAVE. */
    private static final int AVX = 4;

    /** x87's status word: an exception is pending. */
    private static final int PENDING = 0x80;

    private static final byte HLT = (byte) 0xF4;

    /** Indexes into the signal's registers, by the number of the register. */
    private static final int[] SIGNAL_REGISTERS = {13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7};

    /** What reads the bases of FS and GS into r11 and r12. */
    private static final byte[] READ_BASES = HexFormat.of().parseHex("f3490faec3f3490faecc");

    /** One case's instruction, state before, and the states after it. */
    record Trial(Form form, Insn insn, byte[] code, OracleState in, OracleState silicon, OracleState interpreter) {}

    /** Decides whether two results agree; throws if they do not. */
    @FunctionalInterface
    interface Judge {
        void judge(Trial trial);
    }

    private final Silicon silicon = new Silicon();
    private final Interpreted interpreted = new Interpreted();
    private final Decoder decoder = new Decoder(EnumSet.allOf(Feature.class));
    private final OracleState[] states = new OracleState[SiliconLayout.BATCH];
    private final byte[][] codes = new byte[CELLS][];
    private final long[] addresses = new long[CELLS];
    private final Insn[] insns = new Insn[CELLS];
    private final OracleState expected = new OracleState();
    private final OracleState actual = new OracleState();
    private final boolean basesReadable = HostCpu.has("fsgsbase");
    private final boolean intel = HostCpu.isIntel();
    private final byte[] data = new byte[2 * SiliconLayout.PAGE];

    Laboratory() throws IOException {
        Arrays.setAll(states, n -> new OracleState());
        Arrays.setAll(insns, n -> new Insn());
        var random = new Random(1);
        random.nextBytes(data);
        MemorySegment.copy(data, 0, silicon.data(), BYTE, 0, data.length);
        MemorySegment.copy(data, 0, silicon.constant(), BYTE, 0, SiliconLayout.PAGE);
    }

    /** Runs at least so many cases of a form. */
    void run(Form form, int cases, Random random, Judge judge) throws IOException {
        var targets = new Targets();
        var generator = new Cases(random, targets);
        var encoder = new Encoder(random, targets);
        for (int done = 0; done < cases; done += SiliconLayout.BATCH) {
            encode(form, encoder, generator, random);
            for (int n = 0; n < SiliconLayout.BATCH; n++) {
                int cell = n / STATES;
                generator.describe(form);
                generator.fill(states[n], form, insns[cell], addresses[cell]);
                write(silicon.slot(n), states[n]);
            }
            execute(form);
            interpreted.load(silicon.code(), silicon.data(), silicon.constant());
            for (int n = 0; n < SiliconLayout.BATCH; n++) {
                int cell = n / STATES;
                interpreted.run(states[n], actual);
                read(silicon.slot(n), expected);
                pointers();
                judge.judge(new Trial(form, insns[cell], codes[cell], states[n], expected, actual));
            }
            unharmed(form, silicon.data());
            unharmed(form, interpreted.data());
        }
    }

    private void execute(Form form) throws IOException {
        try {
            silicon.run(SiliconLayout.BATCH);
        } catch (IOException e) {
            int n = Math.min(silicon.current(), SiliconLayout.BATCH - 1);
            byte[] code = codes[n / STATES];
            throw new IOException(
                    "%s: %s at %x: %s, from %s"
                            .formatted(
                                    form.id(),
                                    HexFormat.of().formatHex(code),
                                    states[n].rip,
                                    e.getMessage(),
                                    states[n]),
                    e);
        }
    }

    private void encode(Form form, Encoder encoder, Cases generator, Random random) {
        MemorySegment code = silicon.code();
        code.fill(HLT);
        boolean tail = Cases.changesSegments(form) && basesReadable && form.wide();
        for (int n = 0; n < CELLS; n++) {
            long at = (long) n * CELL + START;
            if (n == LAST_OF_PAGE && !form.has("end")) {
                at += CELL - START - 1 - random.nextInt(4);
            }
            addresses[n] = SiliconLayout.CODE + at;
            generator.describe(form);
            do {
                codes[n] = encoder.encode(form, addresses[n]);
                decoder.decode(codes[n], 0, codes[n].length, form.wide() ? Cpu.CODE64 : Cpu.CODE32, insns[n]);
            } while (Cases.isWild(form, insns[n]));
            MemorySegment.copy(codes[n], 0, code, BYTE, at, codes[n].length);
            if (tail) {
                MemorySegment.copy(READ_BASES, 0, code, BYTE, at + codes[n].length, READ_BASES.length);
            }
        }
    }

    private static void write(MemorySegment slot, OracleState in) {
        MemorySegment.copy(in.gpr, 0, slot, LONG, SiliconLayout.IN_GPR, 16);
        slot.set(LONG, SiliconLayout.IN_FRAME, in.rip);
        slot.set(LONG, SiliconLayout.IN_FRAME + 8, in.cs);
        slot.set(LONG, SiliconLayout.IN_FRAME + 16, in.rflags);
        slot.set(LONG, SiliconLayout.IN_FRAME + 24, in.gpr[4]);
        slot.set(LONG, SiliconLayout.IN_FRAME + 32, in.ss);
        slot.set(LONG, SiliconLayout.IN_OPTIONS, in.changesSegments ? SiliconLayout.SEGMENTS : 0);
        slot.set(LONG, SiliconLayout.IN_DATA_SEGMENT, in.segments[0]);
        MemorySegment.copy(in.fx, 0, slot, BYTE, SiliconLayout.IN_FX, in.fx.length);
        MemorySegment.copy(in.ymm, 0, slot, LONG, SiliconLayout.IN_YMM, in.ymm.length);
        MemorySegment.copy(in.memory, 0, slot, BYTE, SiliconLayout.IN_MEMORY, in.memory.length);
    }

    private static void read(MemorySegment slot, OracleState out) {
        for (int n = 0; n < 16; n++) {
            out.gpr[n] = register(slot, SIGNAL_REGISTERS[n]);
        }
        out.rip = register(slot, 16);
        out.rflags = register(slot, 17);
        out.cs = (int) register(slot, 18) & 0xFFFF;
        out.ss = (int) (register(slot, 18) >>> 48);
        out.error = register(slot, 19);
        out.vector = (int) register(slot, 20);
        out.cr2 = out.vector == 14 ? register(slot, 22) : 0;
        if (out.cr2 < 0) {
            // Linux does not tell which of its own addresses are mapped.
            out.error &= ~1;
        }
        for (int n = 0; n < 4; n++) {
            int selector = slot.get(ValueLayout.JAVA_SHORT, SiliconLayout.OUT_SEGMENTS + 2L * n) & 0xFFFF;
            // The kernel's way back to user mode has turned null selectors into zeros (IRET, SDM 2A).
            out.segments[n] = selector < 4 ? 0 : selector;
        }
        MemorySegment.copy(slot, BYTE, SiliconLayout.OUT_FX, out.fx, 0, out.fx.length);
        if ((slot.get(LONG, SiliconLayout.OUT_FX + 512) & AVX) != 0) {
            MemorySegment.copy(slot, LONG, SiliconLayout.OUT_FX + 576, out.ymm, 0, out.ymm.length);
        } else {
            Arrays.fill(out.ymm, 0);
        }
        MemorySegment.copy(slot, BYTE, SiliconLayout.OUT_MEMORY, out.memory, 0, out.memory.length);
    }

    /** Other makers' processors keep x87's opcode and pointers for pending exceptions only (AMD APM 2, 11.4.4). */
    private void pointers() {
        if (!intel && (expected.fsw() & PENDING) == 0) {
            actual.fop(expected.fop());
            actual.fip(expected.fip());
            actual.fdp(expected.fdp());
        }
    }

    private static long register(MemorySegment slot, int index) {
        return slot.get(LONG, SiliconLayout.OUT_REGISTERS + 8L * index);
    }

    /** Outside of the window nothing may have changed. */
    private void unharmed(Form form, MemorySegment pages) {
        int from = (int) (SiliconLayout.WINDOW - SiliconLayout.DATA);
        int to = from + SiliconLayout.WINDOW_BYTES;
        MemorySegment before = MemorySegment.ofArray(data);
        long low = before.asSlice(0, from).mismatch(pages.asSlice(0, from));
        long high = before.asSlice(to).mismatch(pages.asSlice(to));
        if (low >= 0 || high >= 0) {
            MemorySegment.copy(data, 0, silicon.data(), BYTE, 0, data.length);
            throw new IllegalStateException(
                    "%s: a case wrote outside of the window, to %x".formatted(form.id(), low >= 0 ? low : to + high));
        }
    }

    @Override
    public void close() throws IOException {
        silicon.close();
    }
}
