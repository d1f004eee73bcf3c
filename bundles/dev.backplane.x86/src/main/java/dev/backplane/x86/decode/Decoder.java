package dev.backplane.x86.decode;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes instructions apart (SDM volume 2, chapter 2). One per user, not thread-safe. What the CPU model lacks is undefined
 * here already.
 */
public final class Decoder {
    /** What became of the bytes. */
    public enum Result {
        /** The instruction is in the {@link Insn}. */
        OK,
        /** The instruction goes on behind the bytes that are there. */
        MORE,
        /** #UD. */
        UNDEFINED,
        /** Longer than 15 bytes: #GP(0). */
        TOO_LONG
    }

    /** The longest instruction. */
    public static final int MAX_LENGTH = 15;

    private final EnumSet<Feature> features;
    private final OpcodeTable table = OpcodeTable.INSTANCE;

    private byte[] code = new byte[0];
    private int start;
    private int position;
    private int limit;

    /** A decoder for a CPU model. */
    public Decoder(Set<Feature> features) {
        this.features = features.isEmpty() ? EnumSet.noneOf(Feature.class) : EnumSet.copyOf(features);
    }

    /** Decodes the instruction at {@code code[from]}; bytes are valid up to {@code to}. {@code mode} is one of Cpu.CODE16 to CODE64. */
    public Result decode(byte[] code, int from, int to, int mode, Insn i) {
        this.code = code;
        start = from;
        position = from;
        limit = Math.min(to, from + MAX_LENGTH);
        i.clear(mode);
        Result result;
        try {
            result = instruction(i);
        } catch (EndOfBytes e) {
            i.length = position - start;
            return limit == from + MAX_LENGTH ? Result.TOO_LONG : Result.MORE;
        }
        i.length = position - start;
        if (result == Result.OK && i.base == Gpr.IP) {
            i.displacement += i.length;
        }
        return result;
    }

    private Result instruction(Insn i) {
        int opcode = prefixes(i);
        if ((opcode & 0xFE) == 0xC4 && (i.mode == Cpu.CODE64 || peek() >= 0xC0)) {
            return extended(i, opcode);
        }
        int map = 0;
        if (opcode == 0x0F) {
            opcode = next();
            map = 1;
            if (opcode == 0x38 || opcode == 0x3A) {
                map = opcode == 0x38 ? 2 : 3;
                opcode = next();
            }
        }
        i.map = map;
        i.opcodeByte = opcode;
        int modrm = 0;
        if (table.modrm(map, opcode)) {
            modrm = next();
            i.modrm = modrm;
        }
        int prefix = i.repeat == 0xF3 ? 2 : i.repeat == 0xF2 ? 3 : i.operandPrefix ? 1 : 0;
        Opcode found = table.find(map, opcode, prefix, modrm);
        boolean wide = i.mode == Cpu.CODE64;
        if (found.mnemonic() == Mnemonic.ARPL && wide) {
            found = MOVSXD;
        }
        if (map == 0 && opcode == 0x90) {
            // REX.B makes an exchange of NOP, but not of PAUSE.
            found = i.repeat == 0xF3 ? PAUSE : (i.rex & 1) == 0 ? NOP : found;
        }
        if (found.mnemonic() == Mnemonic.TZCNT && lacks(Feature.BMI1)
                || found.mnemonic() == Mnemonic.LZCNT && lacks(Feature.LZCNT)) {
            // To processors that do not know them the prefix means nothing.
            found = table.find(map, opcode, i.operandPrefix ? 1 : 0, modrm);
        }
        if (found == Opcode.NONE || found.has(wide ? Opcode.NO_64 : Opcode.ONLY_64) || lacks(found.feature())) {
            return Result.UNDEFINED;
        }
        i.opcode = found;
        i.operandBytes = operandBytes(i, found);
        if (i.modrm >= 0) {
            i.reg = modrm >> 3 & 7 | (i.rex & 4) << 1;
            if (modrm >= 0xC0 || found.has(Opcode.FORCE_REGISTER)) {
                i.rm = modrm & 7 | (i.rex & 1) << 3;
            } else {
                memory(i, modrm);
            }
        } else if (found.has(Opcode.OPCODE_REGISTER)) {
            i.rm = opcode & 7 | (i.rex & 1) << 3;
        }
        immediate(i, found.immediate());
        if (i.segmentOverride >= 0) {
            i.segment = i.segmentOverride;
        }
        if (i.lock && !(i.memory && found.has(Opcode.LOCKABLE) && found.has(Opcode.WRITES))) {
            return Result.UNDEFINED;
        }
        if (found.mnemonic() == Mnemonic.CMPXCHG8B && i.operandBytes == 8) {
            i.opcode = CMPXCHG16B;
            return features.contains(Feature.CX16) ? Result.OK : Result.UNDEFINED;
        }
        return Result.OK;
    }

    private boolean lacks(@Nullable Feature feature) {
        return feature != null && !features.contains(feature);
    }

    /** The rest of an instruction whose VEX prefix begins with {@code first} (SDM volume 2, 2.3). */
    private Result extended(Insn i, int first) {
        boolean wide = i.mode == Cpu.CODE64;
        boolean refused = i.lock || i.operandPrefix || i.repeat != 0 || i.rex != 0;
        int bits = next();
        int map = 1;
        int inverted = bits & 0x80;
        if (first == 0xC4) {
            map = bits & 0x1F;
            inverted = bits & 0xE0;
            bits = next();
        } else {
            // The short form's upper bit is R, where the long form has W.
            inverted |= 0x60;
            bits &= 0x7F;
        }
        int w = bits >> 7;
        i.rex = wide ? ~inverted >> 5 & 7 | w << 3 : 0;
        i.vexPrefix = bits & 3;
        i.vvvv = ~bits >> 3 & (wide ? 15 : 7);
        i.vectorBytes = (bits & 4) != 0 ? 32 : 16;
        i.map = map;
        i.opcodeByte = next();
        int modrm = map == 1 && i.opcodeByte == ZEROUPPER ? 0 : next();
        // VEX.pp counts mandatory prefixes as the tables do.
        Opcode found = VexTable.INSTANCE.find(map, i.opcodeByte, bits & 3, bits >> 2 & 1, w, modrm);
        if (refused || found == Opcode.NONE || lacks(found.feature()) || !found.isGeneral() && lacks(Feature.AVX)) {
            return Result.UNDEFINED;
        }
        i.opcode = found;
        i.operandBytes = (i.rex & 8) != 0 ? 8 : 4;
        if (found.has(Opcode.MODRM)) {
            i.modrm = modrm;
            i.reg = modrm >> 3 & 7 | (i.rex & 4) << 1;
            if (modrm >= 0xC0) {
                i.rm = modrm & 7 | (i.rex & 1) << 3;
            } else {
                memory(i, modrm);
            }
        }
        immediate(i, found.immediate());
        if (i.segmentOverride >= 0) {
            i.segment = i.segmentOverride;
        }
        if (found.has(Opcode.VECTOR_INDEX) && !vectorIndex(i)) {
            return Result.UNDEFINED;
        }
        // Of vvvv that names nothing, bits that the mode does not have count too.
        boolean named = found.has(Opcode.NAMES_VVVV);
        return named || (bits & 0x78) == 0x78 ? Result.OK : Result.UNDEFINED;
    }

    /** Gathers: the index of the memory operand is a vector; it, the mask and the destination are three registers. */
    private static boolean vectorIndex(Insn i) {
        if (i.addressBytes == 2 || (i.modrm & 7) != 4) {
            return false;
        }
        return i.reg != i.vvvv && i.reg != i.vectorIndex && i.vvvv != i.vectorIndex;
    }

    /** Reads prefixes; returns the first byte that is none. */
    private int prefixes(Insn i) {
        boolean wide = i.mode == Cpu.CODE64;
        boolean addressPrefix = false;
        int b;
        for (; ; ) {
            b = next();
            switch (b) {
                case 0x66 -> i.operandPrefix = true;
                case 0x67 -> addressPrefix = true;
                case 0xF0 -> i.lock = true;
                case 0xF2, 0xF3 -> i.repeat = b;
                case 0x26, 0x2E, 0x36, 0x3E -> {
                    if (!wide) {
                        i.segmentOverride = b >> 3 & 3;
                    }
                }
                case 0x64 -> i.segmentOverride = Seg.FS;
                case 0x65 -> i.segmentOverride = Seg.GS;
                default -> {
                    if (wide && (b & 0xF0) == 0x40) {
                        i.rex = b;
                        continue;
                    }
                    i.addressBytes = switch (i.mode) {
                        case Cpu.CODE64 -> addressPrefix ? 4 : 8;
                        case Cpu.CODE32 -> addressPrefix ? 2 : 4;
                        default -> addressPrefix ? 4 : 2;
                    };
                    return b;
                }
            }
            // Only the REX prefix directly before the opcode counts.
            i.rex = 0;
        }
    }

    private static int operandBytes(Insn i, Opcode opcode) {
        if (i.mode == Cpu.CODE64) {
            if ((i.rex & 8) != 0 || opcode.has(Opcode.FORCE_64)) {
                return 8;
            }
            return i.operandPrefix ? 2 : opcode.has(Opcode.DEFAULT_64) ? 8 : 4;
        }
        // MOVNTI has no form of 16 bits, and takes no prefix (2B, MOVNTI).
        boolean wide = (i.mode == Cpu.CODE32) != i.operandPrefix || opcode.mnemonic() == Mnemonic.MOVNTI;
        return wide ? 4 : 2;
    }

    private void memory(Insn i, int modrm) {
        i.memory = true;
        int mod = modrm >> 6;
        int rm = modrm & 7;
        if (i.addressBytes == 2) {
            memory16(i, mod, rm);
            return;
        }
        if (rm == 4) {
            int sib = next();
            int index = sib >> 3 & 7 | (i.rex & 2) << 2;
            if (i.opcode.has(Opcode.VECTOR_INDEX)) {
                i.vectorIndex = index;
                i.scale = sib >> 6;
            } else if (index != Gpr.RSP) {
                i.index = index;
                i.scale = sib >> 6;
            }
            rm = sib & 7;
        } else if (mod == 0 && rm == 5) {
            i.displacement = signed(4);
            if (i.mode == Cpu.CODE64) {
                i.base = Gpr.IP;
            }
            return;
        }
        if (rm == 5 && mod == 0) {
            i.displacement = signed(4);
            return;
        }
        i.base = rm | (i.rex & 1) << 3;
        i.segment = i.base == Gpr.RSP || i.base == Gpr.RBP ? Seg.SS : Seg.DS;
        i.displacement = mod == 1 ? signed(1) : mod == 2 ? signed(4) : 0;
    }

    private void memory16(Insn i, int mod, int rm) {
        if (mod == 0 && rm == 6) {
            i.displacement = unsigned(2);
            return;
        }
        i.base = switch (rm) {
            case 0, 1, 7 -> Gpr.RBX;
            case 2, 3, 6 -> Gpr.RBP;
            case 4 -> Gpr.RSI;
            default -> Gpr.RDI;
        };
        i.index = switch (rm) {
            case 0, 2 -> Gpr.RSI;
            case 1, 3 -> Gpr.RDI;
            default -> Gpr.ZERO;
        };
        i.segment = i.base == Gpr.RBP ? Seg.SS : Seg.DS;
        i.displacement = mod == 1 ? signed(1) : mod == 2 ? signed(2) : 0;
    }

    private void immediate(Insn i, Opcode.Immediate kind) {
        switch (kind) {
            case NONE -> {}
            case BYTE -> i.immediate = signed(1);
            case WORD -> i.immediate = unsigned(2);
            case FULL -> i.immediate = signed(Math.min(i.operandBytes, 4));
            case VALUE -> i.immediate = signed(i.operandBytes);
            case OFFSET -> {
                i.memory = true;
                i.displacement = unsigned(i.addressBytes);
            }
            case FAR -> {
                i.immediate = unsigned(i.operandBytes);
                i.immediate2 = (int) unsigned(2);
            }
            case ENTER -> {
                i.immediate = unsigned(2);
                i.immediate2 = (int) unsigned(1);
            }
        }
    }

    private int next() {
        if (position >= limit) {
            throw EndOfBytes.INSTANCE;
        }
        return code[position++] & 0xFF;
    }

    private int peek() {
        if (position >= limit) {
            throw EndOfBytes.INSTANCE;
        }
        return code[position] & 0xFF;
    }

    private long unsigned(int bytes) {
        long value = 0;
        for (int n = 0; n < bytes; n++) {
            value |= (long) next() << (n << 3);
        }
        return value;
    }

    private long signed(int bytes) {
        int unused = 64 - (bytes << 3);
        return unsigned(bytes) << unused >> unused;
    }

    /** VZEROUPPER and VZEROALL, which alone have no ModR/M byte. */
    private static final int ZEROUPPER = 0x77;

    private static final Opcode MOVSXD = named(Mnemonic.MOVSXD, Opcode.MODRM | Opcode.READS | Opcode.SAFE, 4);
    private static final Opcode NOP = named(Mnemonic.NOP, Opcode.SAFE, 0);
    private static final Opcode PAUSE = named(Mnemonic.PAUSE, Opcode.ENDS_BLOCK, 0);
    private static final Opcode CMPXCHG16B = new Opcode(
            Mnemonic.CMPXCHG16B,
            "Mdq",
            0,
            0x40,
            0,
            Opcode.MODRM | Opcode.READS | Opcode.WRITES | Opcode.LOCKABLE,
            16,
            Opcode.Immediate.NONE,
            Feature.CX16);

    private static Opcode named(Mnemonic mnemonic, int properties, int memoryBytes) {
        return new Opcode(mnemonic, "Gv,Ed", 0, 0, 0, properties, memoryBytes, Opcode.Immediate.NONE, null);
    }

    /** The bytes ran out in mid-instruction. */
    private static final class EndOfBytes extends RuntimeException {
        private static final long serialVersionUID = 1L;
        static final EndOfBytes INSTANCE = new EndOfBytes();

        private EndOfBytes() {
            super("end of bytes", null, false, false);
        }
    }
}
