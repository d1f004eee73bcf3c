package dev.backplane.testkit.guest;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Writes machine code for small guests: the handful of instructions that system-mode tests need, in 16-, 32- or 64-bit form;
 * everything else is given as bytes by {@link #hex}. Operands have the size of the mode unless the name says otherwise.
 */
public final class Asm {
    // General registers by their encodings.
    public static final int AX = 0;
    public static final int CX = 1;
    public static final int DX = 2;
    public static final int BX = 3;
    public static final int SP = 4;
    public static final int BP = 5;
    public static final int SI = 6;
    public static final int DI = 7;
    // Segment registers by their encodings.
    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;

    private record Jump(int at, int bytes, String label) {}

    private final int bits;
    private final long origin;
    private final ByteArrayOutputStream code = new ByteArrayOutputStream();
    private final Map<String, Long> labels = new HashMap<>();
    private final List<Jump> jumps = new ArrayList<>();

    /**
     * Code for a place.
     *
     * @param bits 16, 32 or 64
     * @param origin the instruction pointer of its first byte
     */
    public Asm(int bits, long origin) {
        this.bits = bits;
        this.origin = origin;
    }

    /** The instruction pointer of what comes next. */
    public long here() {
        return origin + code.size();
    }

    /** Bytes as they are; blanks do not count. */
    public Asm hex(String bytes) {
        code.writeBytes(HexFormat.of().parseHex(bytes.replaceAll("\\s", "")));
        return this;
    }

    private Asm bytes(int... values) {
        for (int value : values) {
            code.write(value);
        }
        return this;
    }

    private Asm number(long value, int bytes) {
        for (int n = 0; n < bytes; n++) {
            code.write((int) (value >>> 8 * n));
        }
        return this;
    }

    /** Names this place. */
    public Asm label(String name) {
        labels.put(name, here());
        return this;
    }

    /** The place of a label that stands already. */
    public long at(String label) {
        Long place = labels.get(label);
        if (place == null) {
            throw new IllegalArgumentException("no label " + label + " stands before this");
        }
        return place;
    }

    private int size() {
        return bits / 8;
    }

    private Asm wide() {
        return bits == 64 ? bytes(0x48) : this;
    }

    private Asm absolute(int register, long address) {
        return switch (bits) {
            case 16 -> bytes(register << 3 | 6).number(address, 2);
            case 32 -> bytes(register << 3 | 5).number(address, 4);
            default -> bytes(register << 3 | 4, 0x25).number(address, 4);
        };
    }

    // ---- data -------------------------------------------------------------------------------------------------------

    /** MOV register, immediate: the whole register. */
    public Asm mov(int register, long value) {
        if (bits == 64 && value >>> 32 == 0) {
            return bytes(0xb8 | register).number(value, 4);
        }
        return wide().bytes(0xb8 | register).number(value, size());
    }

    /** MOV register, register. */
    public Asm movRegister(int to, int from) {
        return wide().bytes(0x89, 0xc0 | from << 3 | to);
    }

    /** MOV register, [address]. */
    public Asm load(int register, long address) {
        return wide().bytes(0x8b).absolute(register, address);
    }

    /** MOV [address], register. */
    public Asm store(long address, int register) {
        return wide().bytes(0x89).absolute(register, address);
    }

    /** MOV [address], immediate: a byte. */
    public Asm storeByte(long address, int value) {
        return bytes(0xc6).absolute(0, address).number(value, 1);
    }

    /** MOV byte to register, [register]. */
    public Asm loadByteAt(int register, int pointer) {
        return bytes(0x8a, register << 3 | pointer);
    }

    /** MOV segment register, general register of 16 bits. */
    public Asm movToSegment(int segment, int register) {
        return bytes(0x8e, 0xc0 | segment << 3 | register);
    }

    /** MOV segment register, immediate, by way of AX. */
    public Asm segment(int segment, int selector) {
        return mov(AX, selector).movToSegment(segment, AX);
    }

    public Asm push(int register) {
        return bytes(0x50 | register);
    }

    public Asm pop(int register) {
        return bytes(0x58 | register);
    }

    /** PUSH of an immediate, sign-extended from 32 bits (16 in 16-bit code). */
    public Asm pushImmediate(long value) {
        return bytes(0x68).number(value, bits == 16 ? 2 : 4);
    }

    public Asm pushFlags() {
        return bytes(0x9c);
    }

    public Asm popFlags() {
        return bytes(0x9d);
    }

    // ---- control ----------------------------------------------------------------------------------------------------

    private Asm relative(String label) {
        int bytes = bits == 16 ? 2 : 4;
        jumps.add(new Jump(code.size(), bytes, label));
        return number(0, bytes);
    }

    public Asm jmp(String label) {
        return bytes(0xe9).relative(label);
    }

    public Asm call(String label) {
        return bytes(0xe8).relative(label);
    }

    /** Jcc; the condition by its encoding: 2 carry, 3 no carry, 4 zero, 5 not zero. */
    public Asm jcc(int condition, String label) {
        return bytes(0x0f, 0x80 | condition).relative(label);
    }

    /** JMP ptr16:16 or ptr16:32; not in 64-bit code. */
    public Asm jmpFar(int selector, long offset) {
        return bytes(0xea).number(offset, size()).number(selector, 2);
    }

    /** CALL ptr16:16 or ptr16:32; not in 64-bit code. */
    public Asm callFar(int selector, long offset) {
        return bytes(0x9a).number(offset, size()).number(selector, 2);
    }

    /** JMP m16:16 or m16:32. */
    public Asm jmpFarIndirect(long address) {
        return bytes(0xff).absolute(5, address);
    }

    /** CALL m16:16 or m16:32. */
    public Asm callFarIndirect(long address) {
        return bytes(0xff).absolute(3, address);
    }

    /** RETF of the mode's size (64 bits in 64-bit code). */
    public Asm retFar() {
        return wide().bytes(0xcb);
    }

    public Asm retFar(int release) {
        return wide().bytes(0xca).number(release, 2);
    }

    /** IRET, IRETD or IRETQ. */
    public Asm iret() {
        return wide().bytes(0xcf);
    }

    public Asm interrupt(int vector) {
        return bytes(0xcd, vector);
    }

    public Asm int3() {
        return bytes(0xcc);
    }

    /** INT1, also known as ICEBP. */
    public Asm int1() {
        return bytes(0xf1);
    }

    public Asm into() {
        return bytes(0xce);
    }

    public Asm ud2() {
        return bytes(0x0f, 0x0b);
    }

    public Asm nop() {
        return bytes(0x90);
    }

    public Asm cli() {
        return bytes(0xfa);
    }

    public Asm sti() {
        return bytes(0xfb);
    }

    public Asm hlt() {
        return bytes(0xf4);
    }

    /** IN AL, port. */
    public Asm in(int port) {
        return bytes(0xe4, port);
    }

    /** OUT port, AL. */
    public Asm out(int port) {
        return bytes(0xe6, port);
    }

    /** Ends the guest. */
    public Asm end() {
        return out(SmallGuest.END_PORT);
    }

    // ---- system -----------------------------------------------------------------------------------------------------

    public Asm movFromCr(int register, int control) {
        return bytes(0x0f, 0x20, 0xc0 | control << 3 | register);
    }

    public Asm movToCr(int control, int register) {
        return bytes(0x0f, 0x22, 0xc0 | control << 3 | register);
    }

    /** MOV to a control register of an immediate, by way of AX (32 or 64 bits of it). */
    public Asm cr(int control, long value) {
        return wideAccumulator(value).movToCr(control, AX);
    }

    public Asm movFromDr(int register, int debug) {
        return bytes(0x0f, 0x21, 0xc0 | debug << 3 | register);
    }

    public Asm movToDr(int debug, int register) {
        return bytes(0x0f, 0x23, 0xc0 | debug << 3 | register);
    }

    /** MOV to a debug register of an immediate, by way of AX. */
    public Asm dr(int debug, long value) {
        return wideAccumulator(value).movToDr(debug, AX);
    }

    /** At least 32 bits of the accumulator, in 16-bit code too. */
    private Asm wideAccumulator(long value) {
        return bits == 16 ? bytes(0x66, 0xb8).number(value, 4) : mov(AX, value);
    }

    /** WRMSR of an immediate, by way of CX, AX and DX. */
    public Asm wrmsr(int number, long value) {
        return mov(CX, number & 0xffff_ffffL)
                .mov(AX, value & 0xffff_ffffL)
                .mov(DX, value >>> 32)
                .bytes(0x0f, 0x30);
    }

    public Asm rdmsr(int number) {
        return mov(CX, number & 0xffff_ffffL).bytes(0x0f, 0x32);
    }

    /** INVLPG [address]. */
    public Asm invlpg(long address) {
        return bytes(0x0f, 0x01).absolute(7, address);
    }

    /** INVPCID of the type in a register, with the descriptor at an address. */
    public Asm invpcid(int register, long address) {
        return bytes(0x66, 0x0f, 0x38, 0x82).absolute(register, address);
    }

    public Asm lgdt(long address) {
        return bytes(0x0f, 0x01).absolute(2, address);
    }

    public Asm lidt(long address) {
        return bytes(0x0f, 0x01).absolute(3, address);
    }

    /** LLDT of an immediate, by way of AX. */
    public Asm lldt(int selector) {
        return mov(AX, selector).bytes(0x0f, 0x00, 0xd0);
    }

    /** LTR of an immediate, by way of AX. */
    public Asm ltr(int selector) {
        return mov(AX, selector).bytes(0x0f, 0x00, 0xd8);
    }

    /** LAR BX, selector. */
    public Asm lar(int selector) {
        return mov(AX, selector).bytes(0x0f, 0x02, 0xd8);
    }

    /** LSL BX, selector. */
    public Asm lsl(int selector) {
        return mov(AX, selector).bytes(0x0f, 0x03, 0xd8);
    }

    /** VERR of a selector. */
    public Asm verr(int selector) {
        return mov(AX, selector).bytes(0x0f, 0x00, 0xe0);
    }

    /** VERW of a selector. */
    public Asm verw(int selector) {
        return mov(AX, selector).bytes(0x0f, 0x00, 0xe8);
    }

    public Asm swapgs() {
        return bytes(0x0f, 0x01, 0xf8);
    }

    public Asm syscall() {
        return bytes(0x0f, 0x05);
    }

    /** SYSRET to 64-bit code, if {@code wide}, or to 32-bit code. */
    public Asm sysret(boolean wide) {
        return wide ? bytes(0x48, 0x0f, 0x07) : bytes(0x0f, 0x07);
    }

    public Asm sysenter() {
        return bytes(0x0f, 0x34);
    }

    /** SYSEXIT to 64-bit code, if {@code wide}, or to 32-bit code. */
    public Asm sysexit(boolean wide) {
        return wide ? bytes(0x48, 0x0f, 0x35) : bytes(0x0f, 0x35);
    }

    public Asm cpuid() {
        return bytes(0x0f, 0xa2);
    }

    /** The code, with all jumps in place. */
    byte[] finish() {
        byte[] result = code.toByteArray();
        for (Jump jump : jumps) {
            long distance = at(jump.label) - (origin + jump.at + jump.bytes);
            for (int n = 0; n < jump.bytes; n++) {
                result[jump.at + n] = (byte) (distance >>> 8 * n);
            }
        }
        return result;
    }
}
