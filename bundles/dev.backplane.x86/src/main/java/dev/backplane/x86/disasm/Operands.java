package dev.backplane.x86.disasm;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.util.Locale;
import java.util.StringJoiner;

/** The operands of one instruction, from the table's notation (SDM volume 2, A.2). */
final class Operands {
    private static final String[] BYTE_LEGACY = {"al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"};
    private static final String[] BASES = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    private static final String[] BYTES = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
    private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs", "?", "?"};

    private final Insn i;
    private final long address;

    Operands(Insn insn, long address) {
        i = insn;
        this.address = address;
    }

    String text() {
        if (Names.bare(i)) {
            return "";
        }
        if (i.mnemonic() == Mnemonic.X87) {
            return i.memory ? memory(X87Names.bytes(i)) : X87Names.operands(i);
        }
        if (i.mnemonic() == Mnemonic.NOP && i.modrm < 0) {
            return register(Gpr.RAX, i.operandBytes) + "," + register(Gpr.RAX, i.operandBytes);
        }
        if (i.mnemonic() == Mnemonic.XLAT) {
            return pointer(1) + segment(Seg.DS) + "[" + register(Gpr.RBX, i.addressBytes) + "]";
        }
        String notation = i.opcode.operands();
        if (i.mnemonic() == Mnemonic.MOVSXD) {
            notation = "Gv,Ed";
        }
        if (notation.equals("-")) {
            return "";
        }
        if (notation.equals("Ap")) {
            return "0x%x:0x%x".formatted(i.immediate2, i.immediate);
        }
        if (i.opcode.immediate() == Opcode.Immediate.ENTER) {
            return "0x%x,0x%x".formatted(i.immediate, i.immediate2);
        }
        var all = new StringJoiner(",");
        for (String operand : notation.split(",")) {
            String text = operand(operand);
            if (!text.isEmpty()) {
                all.add(text);
            }
        }
        return switch (i.mnemonic()) {
            // Their third operand is not encoded.
            case PBLENDVB, BLENDVPS, BLENDVPD, SHA256RNDS2 -> i.vex() ? all.toString() : all + ",xmm0";
            default -> all.toString();
        };
    }

    private String operand(String notation) {
        String size = notation.substring(1);
        return switch (notation) {
            case "AL", "CL", "DX", "1", "ES", "CS", "SS", "DS", "FS", "GS" -> notation.toLowerCase(Locale.ROOT);
            case "rAX" -> register(Gpr.RAX, i.operandBytes);
            case "eAX" -> register(Gpr.RAX, Math.min(4, i.operandBytes));
            default ->
                switch (notation.charAt(0)) {
                    case 'E', 'M', 'R' -> i.memory ? memory(memoryBytes(size)) : general(i.rm, registerBytes(size));
                    case 'G' -> general(i.reg, registerBytes(size));
                    case 'Z' -> general(i.rm, size.equals("b") ? 1 : i.operandBytes);
                    case 'I' -> Names.named(i) ? "" : immediate();
                    case 'J' -> target();
                    case 'O' -> pointerless(size);
                    case 'X' -> string(size, Gpr.RSI, i.segmentOverride < 0 ? Seg.DS : i.segmentOverride);
                    case 'Y' -> string(size, Gpr.RDI, Seg.ES);
                    case 'S' -> size.equals("w") ? SEGMENTS[i.reg & 7] : memory(memoryBytes(size));
                    case 'C' -> "cr" + i.reg;
                    case 'D' -> "dr" + i.reg;
                    case 'P' -> "mm" + (i.reg & 7);
                    case 'Q', 'N' -> i.memory ? memory(memoryBytes(size)) : "mm" + (i.rm & 7);
                    case 'V' -> vector(size) + i.reg;
                    case 'W', 'U' -> i.memory ? memory(memoryBytes(size)) : vector(size) + i.rm;
                    case 'H' -> vector(size) + i.vvvv;
                    case 'B' -> general(i.vvvv, registerBytes(size));
                    case 'L' -> vector(size) + ((int) i.immediate >> 4 & (i.mode == Cpu.CODE64 ? 15 : 7));
                    default -> throw new IllegalStateException("opcode table: operand " + notation);
                };
        };
    }

    // ---- sizes ------------------------------------------------------------------------------------------------------

    private boolean wide() {
        return (i.rex & 8) != 0;
    }

    /** What vector registers of a size are called. */
    private String vector(String size) {
        return i.vectorBytes == 32 && size.equals("x") ? "ymm" : "xmm";
    }

    private int registerBytes(String size) {
        Mnemonic name = i.mnemonic();
        return switch (name) {
            case MOV_FROM_CR, MOV_FROM_DR, MOV_TO_CR, MOV_TO_DR, RDPID -> i.mode == Cpu.CODE64 ? 8 : 4;
            case CRC32 -> size.equals("d") ? (wide() ? 8 : 4) : size.equals("b") ? 1 : i.operandBytes;
            case PINSRW, PINSRB, PEXTRB, PEXTRW, EXTRACTPS -> 4;
            case MOV_TO_SEG -> i.operandBytes;
            case INVPCID -> i.mode == Cpu.CODE64 ? 8 : 4;
            case LAR, LSL -> size.equals("w") ? Math.min(4, i.operandBytes) : i.operandBytes;
            default ->
                switch (size) {
                    case "b" -> 1;
                    case "w" -> 2;
                    case "d" -> 4;
                    case "y" -> wide() ? 8 : 4;
                    case "q" -> 8;
                    default -> i.operandBytes;
                };
        };
    }

    /** 0 where no size is told. */
    private int memoryBytes(String size) {
        Mnemonic name = i.mnemonic();
        switch (name) {
            case LEA, SGDT, SIDT, LGDT, LIDT, INVPCID, LDDQU, FXSAVE, FXRSTOR, XSAVE, XRSTOR, XSAVEOPT, XSAVEC -> {
                return 0;
            }
            case NOP -> {
                return i.opcodeByte == 0x18 && i.extension() < 4 || i.opcodeByte == 0x0D ? 1 : i.operandBytes;
            }
            default -> {
                // By the notation.
            }
        }
        if (i.vex() && i.opcode.memoryBytes() != 0) {
            return i.opcode.memoryBytes();
        }
        return switch (size) {
            case "b" -> 1;
            case "w" -> 2;
            case "d" -> 4;
            case "q" -> i.opcode.memoryBytes() == 0 ? 8 : i.opcode.memoryBytes();
            case "y" -> wide() ? 8 : 4;
            case "p" -> i.operandBytes + 2;
            case "a" -> 2 * i.operandBytes;
            case "dq" -> 16;
            default ->
                i.opcode.has(Opcode.BYTE) ? 1 : i.opcode.memoryBytes() != 0 ? i.opcode.memoryBytes() : i.operandBytes;
        };
    }

    private static String pointer(int bytes) {
        return switch (bytes) {
            case 1 -> "BYTE PTR ";
            case 2 -> "WORD PTR ";
            case 4 -> "DWORD PTR ";
            case 6 -> "FWORD PTR ";
            case 8 -> "QWORD PTR ";
            case 10 -> "TBYTE PTR ";
            case 16 -> "XMMWORD PTR ";
            case 32 -> "YMMWORD PTR ";
            default -> "";
        };
    }

    // ---- registers --------------------------------------------------------------------------------------------------

    private String general(int number, int bytes) {
        if (bytes == 1) {
            return number < 8 && i.rex == 0 ? BYTE_LEGACY[number] : number < 8 ? BYTES[number] : "r" + number + "b";
        }
        return register(number, bytes);
    }

    private static String register(int number, int bytes) {
        if (number >= 8) {
            return "r" + number + (bytes == 2 ? "w" : bytes == 4 ? "d" : "");
        }
        return (bytes == 8 ? "r" : bytes == 4 ? "e" : "") + BASES[number];
    }

    private static String segment(int number) {
        return SEGMENTS[number] + ":";
    }

    // ---- memory -----------------------------------------------------------------------------------------------------

    private String memory(int bytes) {
        return (i.mnemonic() == Mnemonic.CMPXCHG16B ? "OWORD PTR " : pointer(bytes)) + place();
    }

    private String place() {
        String override = i.segmentOverride < 0 ? "" : segment(i.segmentOverride);
        int mod = i.modrm >> 6;
        if (i.base == Gpr.ZERO && i.index == Gpr.ZERO && i.vectorIndex < 0) {
            return (override.isEmpty() ? "ds:" : override) + "0x" + Long.toHexString(masked(i.displacement));
        }
        var inner = new StringBuilder(override).append('[');
        if (i.base == Gpr.IP) {
            inner.append(i.addressBytes == 8 ? "rip" : "eip");
            // The decoder has added the length.
            inner.append("+0x").append(Long.toHexString(i.displacement - i.length));
            return inner.append("]").toString();
        }
        boolean sib = i.addressBytes > 2 && (i.modrm & 7) == 4;
        if (i.base != Gpr.ZERO) {
            inner.append(register(i.base, i.addressBytes));
        }
        boolean vectors = i.vectorIndex >= 0;
        if (i.index != Gpr.ZERO || vectors) {
            inner.append(i.base == Gpr.ZERO ? "" : "+");
            inner.append(vectors ? indexes() : register(i.index, i.addressBytes));
            inner.append(sib ? "*" + (1 << i.scale) : "");
        }
        if (mod != 0 || i.base == Gpr.ZERO) {
            displacement(inner, i.displacement);
        }
        return inner.append(']').toString();
    }

    /** The vector of indexes of a gather. */
    private String indexes() {
        String notation = i.opcode.operands().split(",")[1];
        return vector(notation.substring(1)) + i.vectorIndex;
    }

    private static void displacement(StringBuilder text, long value) {
        text.append(value < 0 ? "-0x" : "+0x").append(Long.toHexString(Math.abs(value)));
    }

    private long masked(long value) {
        return i.addressBytes == 8 ? value : value & (1L << (i.addressBytes << 3)) - 1;
    }

    /** The operand of MOV's moffs forms. */
    private String pointerless(String size) {
        String override = i.segmentOverride < 0 ? "ds:" : segment(i.segmentOverride);
        return override + "0x" + Long.toHexString(i.displacement);
    }

    private String string(String size, int register, int segment) {
        int bytes = size.equals("b") ? 1 : size.equals("z") ? Math.min(4, i.operandBytes) : i.operandBytes;
        return pointer(bytes) + segment(segment) + "[" + register(register, i.addressBytes) + "]";
    }

    // ---- immediates -------------------------------------------------------------------------------------------------

    private String immediate() {
        return "0x" + Long.toHexString(i.immediate & mask());
    }

    /** As many bits as the immediate has once it is extended. */
    private long mask() {
        boolean single = i.opcode.has(Opcode.BYTE)
                || i.vex()
                || switch (i.mnemonic()) {
                    case INT, IN, OUT, AAM, AAD, BT, BTS, BTR, BTC, SHLD, SHRD, ROL, ROR, RCL, RCR, SHL, SHR, SAR ->
                        true;
                    default ->
                        i.opcode.operands().matches("[PQNVWUGE][a-z]+,[PQNVWU].*,Ib|[NU].,Ib|[PV].,E.,Ib|E.,V.,Ib");
                };
        int bytes = single ? 1 : i.operandBytes;
        return bytes == 8 ? -1 : (1L << (bytes << 3)) - 1;
    }

    private String target() {
        long to = address + i.length + i.immediate;
        int bytes = i.mode == Cpu.CODE64 ? 8 : i.operandBytes;
        // Outside of 64-bit mode the table says 8 bytes where it means the mode's size.
        boolean narrow = i.mode != Cpu.CODE64 && (i.mode == Cpu.CODE16) != i.operandPrefix;
        return "0x" + Long.toHexString(bytes == 8 ? to : to & (narrow ? 0xFFFF : 0xFFFFFFFFL));
    }
}
