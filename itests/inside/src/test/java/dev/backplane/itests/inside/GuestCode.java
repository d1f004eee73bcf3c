package dev.backplane.itests.inside;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A guest in 32-bit protected mode, put together instruction by instruction: a multiboot kernel with its own descriptor tables. Without
 * IRET, which hosts that emulate kernels do not know in that mode: handlers go back by RET 8, with interrupts off.
 */
final class GuestCode {
    /** Where the kernel is loaded. */
    static final int ORIGIN = 0x10_0000;

    private static final int BYTES = 0x4000;
    private static final int HEADER_BYTES = 32;
    private static final int GDT = 0x20;
    private static final int GDT_POINTER = 0x38;
    private static final int IDT_POINTER = 0x40;
    private static final int IDT = 0x100;
    private static final int GATES = 0x80;
    private static final int CODE = 0x800;
    private static final int STACK = 0x1f_f000;

    private final ByteBuffer image = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<Jump> jumps = new ArrayList<>();

    private record Jump(int at, String label) {}

    GuestCode() {
        image.putInt(0x1bad_b002)
                .putInt(0x1_0000)
                .putInt(-(0x1bad_b002 + 0x1_0000))
                .putInt(ORIGIN)
                .putInt(ORIGIN)
                .putInt(ORIGIN + BYTES)
                .putInt(0)
                .putInt(ORIGIN + CODE);
        if (image.position() != HEADER_BYTES) {
            throw new AssertionError();
        }
        image.putLong(GDT + 8, 0x00cf_9b00_0000_ffffL).putLong(GDT + 16, 0x00cf_9300_0000_ffffL);
        image.putShort(GDT_POINTER, (short) 0x17).putInt(GDT_POINTER + 2, ORIGIN + GDT);
        image.putShort(IDT_POINTER, (short) (8 * GATES - 1)).putInt(IDT_POINTER + 2, ORIGIN + IDT);
        image.position(CODE);
        hex("fa 0f0115").imm(ORIGIN + GDT_POINTER).hex("0f011d").imm(ORIGIN + IDT_POINTER); // cli; lgdt; lidt
        hex("ea").imm(here() + 6).hex("0800"); // jmp 8:next
        hex("66b81000 8ed8 8ec0 8ed0 bc").imm(STACK); // mov ax, 0x10; mov ds, es, ss, ax; mov esp, STACK
        store(0xfee0_00f0, 0x1ff); // the local APIC, enabled by software
    }

    private int here() {
        return ORIGIN + image.position();
    }

    /** Instructions as they are. */
    GuestCode hex(String bytes) {
        image.put(HexFormat.of().parseHex(bytes.replace(" ", "")));
        return this;
    }

    /** Four bytes of an instruction. */
    GuestCode imm(int value) {
        image.putInt(value);
        return this;
    }

    /** A place to jump to. */
    GuestCode label(String name) {
        labels.put(name, image.position());
        return this;
    }

    private GuestCode to(String opcode, String label) {
        hex(opcode);
        jumps.add(new Jump(image.position(), label));
        return imm(0);
    }

    /** JMP. */
    GuestCode jump(String label) {
        return to("e9", label);
    }

    /** CALL. */
    GuestCode call(String label) {
        return to("e8", label);
    }

    /** RET. */
    GuestCode ret() {
        return hex("c3");
    }

    /** JE, JZ. */
    GuestCode jumpIfEqual(String label) {
        return to("0f84", label);
    }

    /** JNE, JNZ. */
    GuestCode jumpIfNotEqual(String label) {
        return to("0f85", label);
    }

    /** JB: less, of numbers without a sign. */
    GuestCode jumpIfBelow(String label) {
        return to("0f82", label);
    }

    /** MOV dword [address], value. */
    GuestCode store(int address, int value) {
        return hex("c705").imm(address).imm(value);
    }

    /** MOV EAX, [address]. */
    GuestCode load(int address) {
        return hex("a1").imm(address);
    }

    /** MOV [address], EAX. */
    GuestCode save(int address) {
        return hex("a3").imm(address);
    }

    /** INC dword [address]. */
    GuestCode count(int address) {
        return hex("ff05").imm(address);
    }

    /** CMP EAX, [address]. */
    GuestCode compare(int address) {
        return hex("3b05").imm(address);
    }

    /** OUT port, EAX; changes EDX. */
    GuestCode out(int port) {
        return hex("ba").imm(port).hex("ef");
    }

    /** IN EAX, port; changes EDX. */
    GuestCode in(int port) {
        return hex("ba").imm(port).hex("ed");
    }

    /** MOV EAX, value. */
    GuestCode eax(int value) {
        return hex("b8").imm(value);
    }

    /** Writes a register of the PCI configuration space (0x80000000, bus, device, register). */
    GuestCode configure(int address, int value) {
        return eax(address).out(0xcf8).eax(value).out(0xcfc);
    }

    /** Reads one into EAX. */
    GuestCode configuration(int address) {
        return eax(address).out(0xcf8).in(0xcfc);
    }

    /** Ends the machine by a debug-exit device. */
    GuestCode exit(int port, int value) {
        return eax(value).hex("ba").imm(port).hex("ee fa f4 ebfd"); // out dx, al; cli; hlt; jmp to hlt
    }

    /** A handler begins here. */
    GuestCode handler(int vector) {
        long at = here();
        image.putLong(IDT + 8 * vector, at & 0xffff | 8L << 16 | 0x8eL << 40 | at >>> 16 << 48);
        return this;
    }

    /** Ends a handler: EOI, and back with interrupts off. */
    GuestCode endOfInterrupt() {
        return store(0xfee0_00b0, 0).hex("c20800");
    }

    /** The kernel. */
    byte[] kernel() {
        for (Jump jump : jumps) {
            Integer target = labels.get(jump.label());
            if (target == null) {
                throw new IllegalStateException("no label " + jump.label());
            }
            image.putInt(jump.at(), target - (jump.at() + 4));
        }
        return image.array().clone();
    }
}
