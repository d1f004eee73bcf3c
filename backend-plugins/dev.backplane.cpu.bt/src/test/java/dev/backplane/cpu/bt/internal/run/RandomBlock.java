package dev.backplane.cpu.bt.internal.run;

import dev.backplane.cpu.bt.internal.translate.NativeForms;
import dev.backplane.cpu.bt.internal.translate.NativeForms.Encoding;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random blocks of every form that is translated natively. Memory operands lie where {@link #base} points, plus at most {@link
 * #index} times eight and {@link #REACH}; nothing reads a flag that is undefined; rsp comes back to where it was.
 */
final class RandomBlock {
    /** Displacements of memory operands are within this of the base. */
    static final int REACH = 900;
    /** The index register holds less. */
    static final int INDEXES = 17;

    private static final int MOST = 240;
    private static final int PAIR_COUNTS = 15;

    /** For whom blocks are. */
    enum Purpose {
        /** For the host's processor: nothing faults, and no address is that of FS, GS or 32 bits. */
        PROCESSOR,
        /** For the interpreter, flags that are undefined and results that processors choose aside: divisions and jumps may fault. */
        INTERPRETER,
        /** For the interpreter, which has to have the same in everything. */
        COUNTED
    }

    private final SplittableRandom random;
    private final Purpose purpose;
    private final NativeForms forms;
    private final List<List<Encoding>> general = new ArrayList<>();
    private final List<List<Encoding>> simd = new ArrayList<>();
    /** Where the code will be, and the begin of two pages that absolute addresses may be in. */
    private final long place;

    final long data;
    private final Decoder decoder = new Decoder(EnumSet.allOf(Feature.class));
    private final Insn insn = new Insn();
    private final Idioms idioms;

    /** The register that points to where memory operands are; nothing changes it. */
    int base;
    /** The register that holds a small number; nothing changes it. */
    int index;
    /** Flags that are undefined at the end. */
    int undefined;
    /** Flags that are undefined after any of its instructions. */
    int everUndefined;
    /** The native forms that are in it. */
    final List<String> made = new ArrayList<>();

    byte[] code = {};

    /** Where the instruction begins whose operand is relative to it. */
    private int relativeTo;
    /** Up to this offset of the part at hand instructions may be jumped over. */
    private int skipped;

    private final List<String> madeBefore = new ArrayList<>();

    RandomBlock(SplittableRandom random, Purpose purpose, NativeForms forms, long place, long data) {
        this.random = random;
        this.place = place;
        this.data = data;
        this.purpose = purpose;
        this.forms = forms;
        idioms = new Idioms(random, this, purpose);
        forms.encodings().forEach((name, encodings) -> {
            if (!idioms.make(name) && !NativeForms.elsewhere(name)) {
                boolean vector = name.split(" ")[1].matches(".*[VWU].*");
                (vector ? simd : general).add(encodings);
            }
        });
    }

    void generate() {
        base = any(Gpr.RSP, -1);
        index = any(Gpr.RSP, base);
        undefined = 0;
        everUndefined = 0;
        made.clear();
        var all = new ByteArrayOutputStream();
        int count = 1 + random.nextInt(8);
        for (int n = 0; n < count && all.size() < MOST - 60; n++) {
            all.writeBytes(part(all.size()));
        }
        code = all.toByteArray();
    }

    /** An instruction or a few that belong together, at an offset in the block. */
    private byte[] part(int position) {
        for (; ; ) {
            byte[] bytes = switch (random.nextInt(16)) {
                case 0, 1, 2 -> idioms.any();
                case 3, 4, 5, 6 -> instruction(simd, position);
                default -> instruction(general, position);
            };
            if (bytes.length > 0 && acceptable(bytes)) {
                return bytes;
            }
        }
    }

    /** An instruction that an idiom may jump over. Sets flags as it likes. */
    byte[] filler() {
        for (; ; ) {
            byte[] bytes = instruction(general, -1);
            if (bytes.length > 0) {
                return bytes;
            }
        }
    }

    /** A register that is neither of two, nor one that must stay. */
    int any(int not, int orNot) {
        int register;
        do {
            register = random.nextInt(16);
        } while (register == Gpr.RSP || register == not || register == orNot);
        return register;
    }

    /** A register that may be changed. */
    int free() {
        return any(base, index);
    }

    /** An instruction of any form; empty where chance has chosen operands that it must not have. */
    private byte[] instruction(List<List<Encoding>> from, int position) {
        List<Encoding> encodings = from.get(random.nextInt(from.size()));
        return encode(encodings.get(random.nextInt(encodings.size())), position);
    }

    /** An encoding with operands; where the position is known, perhaps one relative to the instruction pointer. */
    private byte[] encode(Encoding e, int position) {
        var out = new ByteArrayOutputStream();
        int segment = purpose == Purpose.PROCESSOR || !e.memory() ? 0 : random.nextInt(12);
        if (segment == 1 || segment == 2) {
            out.write(segment == 1 ? 0x64 : 0x65);
        }
        boolean narrow = purpose != Purpose.PROCESSOR && e.memory() && random.nextInt(12) == 0;
        if (narrow) {
            out.write(0x67);
        }
        if (e.lock()) {
            out.write(0xF0);
        }
        boolean vex = e.vex() >= 0;
        if (e.prefix() != 0 && !vex) {
            out.write(e.prefix());
        }
        boolean fixed = e.modrm() && e.memory();
        boolean relative = fixed && position >= 0 && !narrow && out.size() == 0 && random.nextInt(8) == 0;
        boolean indexed = fixed && !relative && random.nextInt(4) == 0;
        int register = random.nextInt(16);
        int reg = random.nextInt(16);
        boolean extended = extended(e);
        int rex = (e.wide() ? 8 : 0)
                | (extended ? 0 : reg >> 3 << 2)
                | (indexed ? index >> 3 << 1 : 0)
                | (relative ? 0 : fixed ? base >> 3 : register >> 3);
        if (vex) {
            vex(out, e, rex);
        } else {
            if (rex != 0 || random.nextInt(3) != 0) {
                out.write(0x40 | rex);
            }
            if (e.map() > 0) {
                out.write(0x0F);
            }
            if (e.map() > 1) {
                out.write(e.map() == 2 ? 0x38 : 0x3A);
            }
        }
        out.write(e.opcode());
        if (e.modrm()) {
            int field = (extended ? e.extension() : reg & 7) << 3;
            if (relative) {
                out.write(field | 5);
                out.writeBytes(new byte[4]);
            } else if (fixed) {
                memory(out, field, indexed);
            } else {
                out.write(0xC0 | field | register & 7);
            }
        }
        for (int n = 0; n < 8; n++) {
            out.write(random.nextInt(4) == 0 ? random.nextInt(-2, 3) : random.nextInt(256));
        }
        byte[] bytes = out.toByteArray();
        relativeTo = position;
        if (relative) {
            aim(bytes, out.size() - 12, position);
        }
        if (decoder.decode(bytes, 0, bytes.length, Cpu.CODE64, insn) != Decoder.Result.OK || !allowed(insn)) {
            return new byte[0];
        }
        byte[] cut = java.util.Arrays.copyOf(bytes, insn.length);
        if ((insn.mnemonic() == Mnemonic.SHLD || insn.mnemonic() == Mnemonic.SHRD) && insn.operandBytes == 2) {
            // With larger counts results are undefined, and differ on one processor.
            if (insn.opcode.operands().endsWith("CL")) {
                return purpose == Purpose.COUNTED ? cut : fewInCl(cut);
            }
            cut[cut.length - 1] &= PAIR_COUNTS;
        }
        return cut;
    }

    private void vex(ByteArrayOutputStream out, Encoding e, int rex) {
        boolean names = e.name().matches("[^ ]* [^ ]*(H[a-z]|By).*");
        int prefix = e.prefix() == 0 ? 0 : e.prefix() == 0x66 ? 1 : e.prefix() == 0xF3 ? 2 : 3;
        out.write(0xC4);
        out.write(~rex << 5 & 0xE0 | e.map());
        out.write(rex << 4 & 0x80 | (names ? random.nextInt(16) << 3 : 0x78) | e.vex() << 2 | prefix);
    }

    /** Lets the displacement at an offset lead to the data. */
    private void aim(byte[] bytes, int at, int position) {
        if (decoder.decode(bytes, 0, bytes.length, Cpu.CODE64, insn) == Decoder.Result.OK) {
            long target = data + 16 * random.nextInt(200) + (random.nextInt(3) == 0 ? random.nextInt(16) : 0);
            long distance = target - (place + position + insn.length);
            for (int n = 0; n < 4; n++) {
                bytes[at + n] = (byte) (distance >> 8 * n);
            }
        }
    }

    /** The same with a count below 16: and ecx, 15 before it. */
    private byte[] fewInCl(byte[] shift) {
        return base == Gpr.RCX || index == Gpr.RCX
                ? new byte[0]
                : Idioms.join(Idioms.bytes(0x83, 0xE1, PAIR_COUNTS), shift);
    }

    /** Whether ModR/M.reg belongs to the opcode: no operand is there. */
    private static boolean extended(Encoding e) {
        String operands = e.name().substring(e.name().indexOf(' ') + 1);
        operands = operands.substring(0, operands.indexOf(' '));
        return operands.indexOf('G') < 0 && operands.indexOf('V') < 0 && operands.indexOf('S') < 0;
    }

    private void memory(ByteArrayOutputStream out, int field, boolean indexed) {
        int kind = random.nextInt(3);
        boolean sib = indexed || (base & 7) == 4;
        int mod = kind == 0 && (base & 7) != 5 ? 0 : kind == 1 ? 1 : 2;
        out.write(mod << 6 | field | (sib ? 4 : base & 7));
        if (sib) {
            out.write((indexed ? random.nextInt(4) << 6 | (index & 7) << 3 : 0x20) | base & 7);
        }
        boolean aligned = random.nextInt(3) != 0;
        if (mod == 1) {
            out.write(aligned ? random.nextInt(16) << 4 : random.nextInt(256));
        } else if (mod == 2) {
            int displacement = random.nextInt(-REACH, REACH) & (aligned ? -16 : -1);
            for (int n = 0; n < 4; n++) {
                out.write(displacement >> 8 * n);
            }
        }
    }

    /** Whether an instruction can stand anywhere. */
    private boolean allowed(Insn i) {
        String operands = i.opcode.operands();
        if (i.modrm >= 0 && operands.indexOf('G') >= 0 && pinned(i, i.reg, operands.contains("Gb"))) {
            return false;
        }
        boolean general = i.modrm >= 0 && operands.indexOf('E') >= 0 && !i.memory;
        if (general && pinned(i, i.rm, operands.contains("Eb") && operands.indexOf('V') < 0)) {
            return false;
        }
        if (i.opcode.has(Opcode.OPCODE_REGISTER) && pinned(i, i.rm, i.opcode.has(Opcode.BYTE))) {
            return false;
        }
        if (operands.contains("By") && pinned(i, i.vvvv, false)) {
            return false;
        }
        // The machine's interpreter has nothing of the system's; of segments that are none nobody has anything.
        if (i.mnemonic() == Mnemonic.MOV_FROM_SEG && (purpose != Purpose.PROCESSOR || forms.name(i) == null)) {
            return false;
        }
        if (i.memory && i.mnemonic() != Mnemonic.LEA && i.mnemonic() != Mnemonic.NOP && !inReach(i)) {
            return false;
        }
        if (purpose == Purpose.INTERPRETER && chosen(i.mnemonic())) {
            return false;
        }
        return !changes(i, base) && !changes(i, index);
    }

    /** RIP and absolute addresses are the idioms'; what must be aligned is, where nothing may fault. */
    private boolean inReach(Insn i) {
        if (i.base != base && i.base != Gpr.IP) {
            return false;
        }
        // Where it crosses a page the interpreter has it, which does not estimate as the processor does.
        int bytes = i.opcode.memoryBytes();
        boolean free = bytes < 16 || (i.vex() ? !aligned(i.mnemonic()) : unaligned(i.mnemonic()));
        int alignment = chosen(i.mnemonic()) || !free ? Math.max(16, bytes) : 1;
        long displacement = i.base == Gpr.IP ? i.displacement + place + relativeTo : i.displacement;
        return purpose != Purpose.PROCESSOR
                || alignment == 1
                || (displacement & alignment - 1) == 0 && i.index == Gpr.ZERO;
    }

    /** With a VEX prefix. */
    private static boolean aligned(Mnemonic mnemonic) {
        return switch (mnemonic) {
            case MOVAPS, MOVAPD, MOVDQA, MOVNTPS, MOVNTPD, MOVNTDQ, MOVNTDQA -> true;
            default -> false;
        };
    }

    private static boolean unaligned(Mnemonic mnemonic) {
        return switch (mnemonic) {
            case MOVUPS, MOVUPD, MOVDQU, LDDQU -> true;
            default -> false;
        };
    }

    private boolean pinned(Insn i, int register, boolean narrow) {
        int whole = narrow && i.highByte(register) ? register - 4 : register;
        return whole == Gpr.RSP || whole == base || whole == index;
    }

    /** Whether it changes a register that it does not name. */
    private static boolean changes(Insn i, int register) {
        return switch (i.mnemonic()) {
            case MUL, IMUL1, DIV, IDIV, CWD -> register == Gpr.RAX || register == Gpr.RDX;
            case CMPXCHG, CBW -> register == Gpr.RAX;
            default ->
                register == Gpr.RAX
                        && (i.opcode.operands().contains("AL,")
                                || i.opcode.operands().contains("AX")
                                || i.opcode.operands().contains(",AL"));
        };
    }

    /** Results that differ from processor to processor. */
    private static boolean chosen(Mnemonic mnemonic) {
        return switch (mnemonic) {
            case RCPPS, RCPSS, RSQRTPS, RSQRTSS, DPPS, DPPD -> true;
            default -> false;
        };
    }

    /** Whether it reads defined flags only; notes what it leaves undefined, and its native forms. */
    private boolean acceptable(byte[] bytes) {
        int before = undefined;
        int everBefore = everUndefined;
        madeBefore.clear();
        skipped = 0;
        int position = 0;
        while (position < bytes.length) {
            if (decoder.decode(bytes, position, bytes.length, Cpu.CODE64, insn) != Decoder.Result.OK) {
                throw new IllegalStateException(
                        "not decodable: " + java.util.HexFormat.of().formatHex(bytes));
            }
            if (purpose != Purpose.COUNTED && (insn.opcode.flagsRead() & undefined) != 0) {
                undefined = before;
                everUndefined = everBefore;
                return false;
            }
            note(position, bytes.length);
            String name = forms.name(insn);
            if (name != null) {
                madeBefore.add(name);
            }
            position += insn.length;
        }
        made.addAll(madeBefore);
        return true;
    }

    private void note(int position, int length) {
        boolean keeps = insn.opcode.has(Opcode.MAY_KEEP_FLAGS)
                || insn.repeat != 0
                || insn.mnemonic() == Mnemonic.SHLD
                || insn.mnemonic() == Mnemonic.SHRD;
        int written = insn.opcode.flagsWritten() & Bits.ARITHMETIC;
        int now = insn.opcode.flagsUndefined();
        everUndefined |= now;
        if (keeps || position < skipped) {
            undefined |= now;
        } else {
            undefined = undefined & ~written | now;
        }
        skipped = switch (insn.mnemonic()) {
            case JCC, JMP -> Math.max(skipped, position + insn.length + (int) insn.immediate);
            case JMP_IND, CALL, CALL_IND -> length;
            default -> skipped;
        };
    }
}
