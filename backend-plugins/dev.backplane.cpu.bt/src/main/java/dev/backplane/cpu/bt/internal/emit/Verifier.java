package dev.backplane.cpu.bt.internal.emit;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HexFormat;

/**
 * Reads emitted code once from its begin to its end and proves that it touches no other memory than the state area and guest
 * memory whose address was checked just before, leaves by the known exits alone, and does not name the stack pointer. Knows
 * nothing of how the code came about.
 */
public final class Verifier implements BlockCheck {
    private static final int PAGE = 4096;
    private static final int RORX_BYTES = 6;
    private static final int JUMP_ABOVE = 0x87;

    /**
     * What the last check allows: nothing, another check against the page whose address rcx has, an access through rax and rcx, or
     * through one of three registers.
     */
    private enum Checked {
        NOTHING,
        PAGE,
        RAX_RCX,
        RCX,
        RAX,
        R9
    }

    private final Decoder decoder = new Decoder(EnumSet.allOf(Feature.class));
    private final Insn i = new Insn();
    private final int stateBytes;
    private final int exits;
    private final int exitBytes;
    private final int exitCount;
    private final int dataBytes;

    private final StringRule strings;
    /** Offsets that jumps of the block lead to. */
    private final BitSet landings = new BitSet();

    /** Of these, those where nothing is relied on. */
    private final BitSet weak = new BitSet();

    private Checked checked = Checked.NOTHING;
    private int checkedBytes;
    private int compared;
    /** What a comparison just before allows where it does not find rax above it. */
    private int bound;

    /** By offset: what the jumps that were read so far have brought there, later what the code there relies on. */
    private Checked[] arriving = {};

    private int[] arrivingBytes = {};

    /**
     * For code that is called with a state area of a size, of which one part holds addresses that were checked, and leaves by calling one of {@code exitCount} exits, each {@code
     * exitBytes} long from an offset in the code memory on, with data behind the call.
     */
    public Verifier(int stateBytes, int places, int placesEnd, int exits, int exitBytes, int exitCount, int dataBytes) {
        strings = new StringRule(places, placesEnd);
        this.stateBytes = stateBytes;
        this.exits = exits;
        this.exitBytes = exitBytes;
        this.exitCount = exitCount;
        this.dataBytes = dataBytes;
    }

    @Override
    public void verify(byte[] code, int size, int base) {
        weak.clear();
        landings(code, size);
        while (!read(code, size, base)) {
            // Once more, with less to rely on.
        }
    }

    /** Reads the code once. False: a jump back does not bring what was relied on where it ends. */
    private boolean read(byte[] code, int size, int base) {
        checked = Checked.NOTHING;
        bound = 0;
        arriving = new Checked[size];
        arrivingBytes = new int[size];
        int met = 0;
        boolean reached = true;
        int position = 0;
        while (position < size) {
            if (landings.get(position)) {
                met++;
                arrive(position, reached);
                reached = true;
            }
            if (isRorx(code, position)) {
                touch((code[position + 1] & 0x80) != 0 ? code[position + 4] >> 3 & 7 : 8);
                bound = 0;
                position += RORX_BYTES;
                continue;
            }
            if (decoder.decode(code, position, size, Cpu.CODE64, i) != Decoder.Result.OK) {
                throw refuse(code, position, "cannot be decoded");
            }
            int above = bound;
            bound = 0;
            instruction(code, position, base);
            position += i.length;
            switch (i.mnemonic()) {
                case JCC -> {
                    if (!jump(position, size)) {
                        return false;
                    }
                    if (above > 0 && i.opcodeByte == JUMP_ABOVE) {
                        checked = Checked.RAX_RCX;
                        checkedBytes = above;
                    }
                }
                case JMP -> {
                    if (!jump(position, size)) {
                        return false;
                    }
                    reached = nothing();
                }
                case JMP_IND -> reached = nothing();
                case CALL -> {
                    position += dataBytes;
                    reached = nothing();
                }
                default -> {}
            }
        }
        if (met != landings.cardinality()) {
            throw new IllegalStateException("emitted code: a jump leads into the middle of an instruction");
        }
        return true;
    }

    /** Nothing goes on here, and nothing is known. */
    private boolean nothing() {
        checked = Checked.NOTHING;
        return false;
    }

    /** What is known where jumps end: what all of those before have brought. Those that come later are held to it. */
    private void arrive(int at, boolean reached) {
        bound = 0;
        if (arriving[at] != null) {
            if (reached) {
                meet(arriving[at], arrivingBytes[at]);
            } else {
                checked = arriving[at];
                checkedBytes = arrivingBytes[at];
            }
        }
        if (weak.get(at)) {
            checked = Checked.NOTHING;
        }
        arriving[at] = checked;
        arrivingBytes[at] = checkedBytes;
    }

    private boolean jump(int end, int size) {
        long target = end + i.immediate;
        if (target < 0 || target >= size) {
            return true;
        }
        int at = (int) target;
        if (at >= end) {
            Checked kept = checked;
            int keptBytes = checkedBytes;
            if (arriving[at] != null) {
                meet(arriving[at], arrivingBytes[at]);
            }
            arriving[at] = checked;
            arrivingBytes[at] = checkedBytes;
            checked = kept;
            checkedBytes = keptBytes;
        } else if (!implies(checked, checkedBytes, arriving[at], arrivingBytes[at])) {
            weak.set(at);
            return false;
        }
        return true;
    }

    private void meet(Checked other, int otherBytes) {
        if (implies(checked, checkedBytes, other, otherBytes)) {
            checked = other;
            checkedBytes = otherBytes;
        } else if (!implies(other, otherBytes, checked, checkedBytes)) {
            checked = Checked.NOTHING;
        }
    }

    private static boolean implies(Checked has, int bytes, Checked wanted, int wantedBytes) {
        return switch (wanted) {
            case NOTHING -> true;
            case PAGE -> has == Checked.PAGE || has == Checked.RAX_RCX;
            default -> has == wanted && bytes >= wantedBytes;
        };
    }

    private void landings(byte[] code, int size) {
        landings.clear();
        int position = 0;
        while (position < size) {
            if (isRorx(code, position)) {
                position += RORX_BYTES;
                continue;
            }
            if (decoder.decode(code, position, size, Cpu.CODE64, i) != Decoder.Result.OK) {
                throw refuse(code, position, "cannot be decoded");
            }
            position += i.length;
            boolean jump = i.mnemonic() == Mnemonic.JCC || i.mnemonic() == Mnemonic.JMP;
            long target = position + i.immediate;
            if (jump && target >= 0 && target < size) {
                landings.set((int) target);
            }
            if (i.mnemonic() == Mnemonic.CALL) {
                position += dataBytes;
            }
        }
    }

    private void string(byte[] code, int at) {
        int begin = strings.begin(code, at, i);
        if (begin < 0) {
            throw refuse(code, at, "is not bounded by a check");
        }
        int landing = landings.nextSetBit(begin + 1);
        if (landing >= 0 && landing <= at) {
            throw refuse(code, at, "is reached from elsewhere than its check");
        }
        checked = Checked.NOTHING;
    }

    /** RORX between registers, which stands in every check: of what it reads nothing changes. */
    static boolean isRorx(byte[] code, int at) {
        return at + 4 < code.length
                && (code[at] & 0xFF) == 0xC4
                && (code[at + 1] & 0x1F) == 3
                && (code[at + 3] & 0xFF) == 0xF0
                && (code[at + 4] & 0xFF) >= 0xC0;
    }

    private void instruction(byte[] code, int at, int base) {
        Mnemonic mnemonic = i.mnemonic();
        switch (mnemonic) {
            case CALL -> {
                int exit = base + at + i.length + (int) i.immediate - exits;
                if (exit < 0 || exit % exitBytes != 0 || exit / exitBytes >= exitCount) {
                    throw refuse(code, at, "calls what is no exit");
                }
            }
            case JMP_IND -> {
                if (!i.memory || i.segment != Seg.GS) {
                    throw refuse(code, at, "jumps where the jump cache does not lead");
                }
            }
            case RET,
                    CALL_IND,
                    SYSCALL,
                    SYSENTER,
                    INT,
                    INT3,
                    INT1,
                    HLT,
                    PUSH,
                    LEAVE,
                    ENTER,
                    POPF,
                    IN,
                    OUT,
                    INS,
                    OUTS,
                    LODS,
                    XLAT,
                    MASKMOVDQU,
                    MASKMOVQ,
                    MASKMOVPS,
                    MASKMOVPD,
                    PMASKMOVD,
                    PMASKMOVQ,
                    STD,
                    CLI,
                    STI,
                    WRGSBASE,
                    WRFSBASE,
                    SWAPGS -> throw refuse(code, at, "is never emitted");
            case MOVS, STOS, CMPS, SCAS -> {
                string(code, at);
                return;
            }
            default -> {}
        }
        if (i.memory && mnemonic != Mnemonic.LEA && mnemonic != Mnemonic.NOP) {
            memory(code, at);
        } else if (mnemonic == Mnemonic.LEA) {
            lea(code, at);
        } else {
            registers(code, at);
        }
    }

    private void memory(byte[] code, int at) {
        boolean none = i.base == Gpr.ZERO && i.index == Gpr.ZERO;
        if (i.segmentOverride == Seg.GS) {
            boolean byRcx = i.base == Gpr.RCX && i.index == Gpr.ZERO || i.base == Gpr.ZERO && i.index == Gpr.RCX;
            if (!none && !byRcx
                    || i.displacement < 0
                    || i.displacement + (byRcx ? 0x80000 : 16) > stateBytes + 0x80000) {
                throw refuse(code, at, "is not in the state area");
            }
            boolean host = i.base == Gpr.RCX && i.reg == Gpr.RCX && i.opcodeByte == 0x8B;
            if (host) {
                checked = Checked.RAX_RCX;
                checkedBytes = compared;
            } else {
                registers(code, at);
            }
            return;
        }
        Checked form = i.vectorIndex >= 0 ? Checked.NOTHING : form();
        if (form == Checked.NOTHING || form != checked || i.displacement != 0) {
            throw refuse(code, at, "is an access that was not checked");
        }
        if (bytes() > checkedBytes) {
            throw refuse(code, at, "accesses %d bytes where %d were checked".formatted(bytes(), checkedBytes));
        }
        boolean bit = i.opcode.operands().equals("Ev,Gv")
                && switch (i.mnemonic()) {
                    case BT, BTS, BTR, BTC -> true;
                    default -> false;
                };
        if (bit && !isBitMasked(code, at)) {
            throw refuse(code, at, "accesses a bit that may lie elsewhere");
        }
        if (form == Checked.RAX_RCX && !usesAccumulator()) {
            general(code, at);
        } else {
            checked = Checked.NOTHING;
        }
    }

    /** Changes rax or rcx without naming them. */
    private boolean usesAccumulator() {
        return switch (i.mnemonic()) {
            case MUL, IMUL1, DIV, IDIV, CMPXCHG, CMPXCHG8B, CMPXCHG16B, PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM ->
                true;
            default -> i.modrm < 0;
        };
    }

    /** How the instruction reaches memory. */
    private Checked form() {
        if (i.index == Gpr.ZERO) {
            return switch (i.base) {
                case Gpr.RCX -> Checked.RCX;
                case Gpr.RAX -> Checked.RAX;
                case Gpr.R9 -> Checked.R9;
                default -> Checked.NOTHING;
            };
        }
        return i.base == Gpr.RAX && i.index == Gpr.RCX && i.scale == 0 ? Checked.RAX_RCX : Checked.NOTHING;
    }

    /** The bit's number is in eax, and the instruction before has cut it to the operand's size. */
    private boolean isBitMasked(byte[] code, int at) {
        return i.reg == Gpr.RAX
                && at >= 3
                && (code[at - 3] & 0xFF) == 0x83
                && (code[at - 2] & 0xFF) == 0xE0
                && code[at - 1] == 8 * i.operandBytes - 1
                && !landings.get(at);
    }

    private int bytes() {
        int bytes = i.opcode.memoryBytes();
        boolean vector = i.opcode.operands().indexOf('y') >= 0;
        return bytes != 0 ? bytes : i.opcode.has(Opcode.BYTE) ? 1 : vector ? (i.rex & 8) != 0 ? 8 : 4 : i.operandBytes;
    }

    private void lea(byte[] code, int at) {
        boolean join = i.reg == Gpr.RCX
                && i.base == Gpr.RAX
                && i.index == Gpr.RCX
                && i.scale == 0
                && i.displacement == 0
                && i.operandBytes == 8;
        if (join && checked == Checked.RAX_RCX) {
            checked = Checked.RCX;
        } else {
            touch(i.reg);
        }
        if (i.reg == Gpr.RSP) {
            throw refuse(code, at, "names the stack pointer");
        }
    }

    /** An instruction without access: what it names may have changed. */
    private void registers(byte[] code, int at) {
        Mnemonic mnemonic = i.mnemonic();
        boolean move = mnemonic == Mnemonic.MOV && i.operandBytes == 8 && i.modrm >= 0 && !i.memory;
        if (move && checked == Checked.RCX && i.opcodeByte == 0x8B && i.reg == Gpr.RAX && i.rm == Gpr.RCX) {
            checked = Checked.RAX;
            return;
        }
        if (move && checked == Checked.RCX && i.opcodeByte == 0x8B && i.reg == Gpr.R9 && i.rm == Gpr.RCX) {
            checked = Checked.R9;
            return;
        }
        if (mnemonic == Mnemonic.CMP && i.opcodeByte == 0x3D && i.operandBytes == 8) {
            compared = i.immediate >= 0 && i.immediate < PAGE ? PAGE - (int) i.immediate : 0;
            bound = checked == Checked.PAGE || checked == Checked.RAX_RCX ? compared : 0;
        }
        switch (mnemonic) {
            case JCC, JMP, CALL, TEST, JMP_IND -> {
                return;
            }
            default -> {}
        }
        if (i.modrm >= 0) {
            general(code, at);
        } else if (i.opcode.has(Opcode.OPCODE_REGISTER)) {
            name(code, at, i.rm, i.opcode.has(Opcode.BYTE));
        } else if (mnemonic != Mnemonic.CMP) {
            touch(Gpr.RAX);
        }
    }

    /** The general registers that an instruction names. */
    private void general(byte[] code, int at) {
        String operands = i.opcode.operands();
        if (operands.contains("By")) {
            name(code, at, i.vvvv, false);
        }
        if (operands.indexOf('G') >= 0) {
            name(code, at, i.reg, operands.contains("Gb"));
        }
        if (operands.indexOf('E') >= 0 && !i.memory) {
            // PINSRB and PEXTRB name a byte of memory, but a whole register.
            name(code, at, i.rm, operands.contains("Eb") && operands.indexOf('V') < 0);
        }
    }

    private void name(byte[] code, int at, int register, boolean narrow) {
        if (narrow && i.highByte(register)) {
            // Of these only ah is emitted.
            touch(register - 4);
        } else if (register == Gpr.RSP) {
            throw refuse(code, at, "names the stack pointer");
        } else {
            touch(register);
        }
    }

    private void touch(int register) {
        boolean lost = switch (checked) {
            case NOTHING -> false;
            case PAGE, RAX_RCX -> register == Gpr.RCX;
            case RCX -> register == Gpr.RCX;
            case RAX -> register == Gpr.RAX;
            case R9 -> register == Gpr.R9;
        };
        if (lost) {
            checked = Checked.NOTHING;
        } else if (checked == Checked.RAX_RCX && register == Gpr.RAX) {
            checked = Checked.PAGE;
        }
    }

    private static IllegalStateException refuse(byte[] code, int at, String why) {
        return new IllegalStateException("emitted code: the instruction at offset %x (%s) %s"
                .formatted(at, HexFormat.of().formatHex(code, at, Math.min(code.length, at + 15)), why));
    }
}
