package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CX;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/**
 * When a pending interrupt is taken: IF, the shadow of STI, the task priority, HLT and NMIs (Intel SDM 3A, 7.7 to
 * 7.9 and 12.8). The processor sends itself the interrupts, by its local APIC in x2APIC mode.
 */
public final class InterruptGuests {
    private static final int APIC_BASE = 0x1b;
    private static final int SELF_IPI = 0x83f;
    private static final int COMMAND = 0x830;
    private static final int END_OF_INTERRUPT = 0x80b;
    private static final long X2APIC = 0xfee0_0d00L;
    private static final int TO_SELF_AS_NMI = 0x4_4400;
    private static final int NMI = 2;
    private static final int VECTOR = 0x51;
    private static final int HIGHER = 0x61;
    private static final int IF = 0x200;
    /** MOV ECX, MOV EAX, MOV EDX and WRMSR. */
    private static final int WRMSR_BYTES = 17;

    private InterruptGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        flag(guests);
        shadows(guests);
        priorities(guests);
        halts(guests);
        nonMaskable(guests);
        return guests;
    }

    /** With the local APIC in x2APIC mode. */
    private static GuestBuilder apic(String section, String name) {
        return guest(section, name).long64();
    }

    private static Asm x2Apic(Asm a) {
        return a.wrmsr(APIC_BASE, X2APIC);
    }

    private static Asm send(Asm a, int vector) {
        return a.wrmsr(SELF_IPI, vector);
    }

    private static void flag(List<SmallGuest> guests) {
        guests.add(apic("3A 7.8.1", "with IF set an interrupt is taken behind the instruction that sent it")
                .flags(IF)
                .code(a -> send(x2Apic(a), VECTOR).nop())
                .fault(VECTOR, CODE + 2 * WRMSR_BYTES)
                .frame(2, IF | 2)
                .flags(IF, 0)
                .build());
        guests.add(apic("3A 7.8.1", "with IF clear it waits")
                .code(a -> send(x2Apic(a), VECTOR).nop().nop().end())
                .endsBehind(CODE + 2 * WRMSR_BYTES + 2)
                .build());
        guests.add(apic("3A 7.8.1", "POPF that sets IF lets it in at once")
                .code(a ->
                        send(x2Apic(a), VECTOR).pushImmediate(IF | 2).popFlags().nop())
                .fault(VECTOR, CODE + 2 * WRMSR_BYTES + 6)
                .build());
        guests.add(apic("3A 7.8.1", "IRET that sets IF lets it in at the instruction it goes to")
                .put64(DATA_PAGE, MORE)
                .put64(DATA_PAGE + 8, CODE64)
                .put64(DATA_PAGE + 16, IF | 2)
                .put64(DATA_PAGE + 24, STACK)
                .put64(DATA_PAGE + 32, DATA)
                .code(a -> send(x2Apic(a), VECTOR).mov(Asm.SP, DATA_PAGE).iret())
                .codeAt(MORE, a -> a.nop().nop())
                .fault(VECTOR, MORE)
                .build());
    }

    private static void shadows(List<SmallGuest> guests) {
        int sent = 2 * WRMSR_BYTES;
        guests.add(apic("2B STI", "STI lets one more instruction pass")
                .code(a -> send(x2Apic(a), VECTOR).sti().nop().nop())
                .fault(VECTOR, CODE + sent + 2)
                .build());
        guests.add(apic("2B STI", "STI followed by CLI lets nothing in")
                .code(a -> send(x2Apic(a), VECTOR).sti().cli().nop().end())
                .endsBehind(CODE + sent + 3)
                .build());
        guests.add(apic("2B STI", "STI with IF set already has no shadow: the interrupt came before it")
                .flags(IF)
                .code(a -> send(x2Apic(a), VECTOR).sti().nop())
                .fault(VECTOR, CODE + sent)
                .build());
    }

    private static void priorities(List<SmallGuest> guests) {
        guests.add(apic("3A 12.8.3", "CR8 holds back what is not above it")
                .flags(IF)
                .code(a ->
                        send(x2Apic(a).mov(AX, 5).hex("440f22c0"), VECTOR).nop().end())
                .endsBehind(CODE + 2 * WRMSR_BYTES + 5 + 4 + 1)
                .build());
        guests.add(apic("3A 12.8.3", "CR8 that is lowered lets it in")
                .flags(IF)
                .code(a -> send(x2Apic(a).mov(AX, 5).hex("440f22c0"), VECTOR)
                        .mov(AX, 4)
                        .hex("440f22c0")
                        .nop())
                .fault(VECTOR, CODE + 2 * WRMSR_BYTES + 2 * 9)
                .build());
        guests.add(apic("3A 12.8.3", "of two the higher one comes first, and the other one after its EOI")
                .handler(HIGHER, 64, a -> a.hex("b801a00000 ffe0"))
                .codeAt(MORE + 1, a -> a.wrmsr(END_OF_INTERRUPT, 0).mov(BX, 7).iret())
                .code(a -> send(send(x2Apic(a), VECTOR), HIGHER).sti().nop().nop())
                .fault(VECTOR, CODE + 3 * WRMSR_BYTES + 2)
                .gives(BX, 7)
                .build());
        guests.add(apic("3A 12.8.3", "one in service holds back another of its class")
                .handler(VECTOR, 64, a -> a.hex("b801a00000 ffe0"))
                .codeAt(MORE + 1, a -> send(a, VECTOR + 1).sti().nop().nop().end())
                .flags(IF)
                .code(a -> send(x2Apic(a), VECTOR).nop())
                .endsBehind(MORE + 1 + WRMSR_BYTES + 3)
                .build());
    }

    private static void halts(List<SmallGuest> guests) {
        guests.add(apic("2A HLT", "STI, HLT with a pending interrupt: the frame points behind HLT")
                .code(a -> send(x2Apic(a), VECTOR).sti().hlt().nop())
                .fault(VECTOR, CODE + 2 * WRMSR_BYTES + 2)
                .build());
    }

    private static void nonMaskable(List<SmallGuest> guests) {
        int sent = 2 * WRMSR_BYTES;
        guests.add(apic("3A 7.7", "an NMI is taken with IF clear")
                .code(a -> x2Apic(a).wrmsr(COMMAND, TO_SELF_AS_NMI).nop())
                .fault(NMI, CODE + sent)
                .build());
        guests.add(apic("3A 7.7.1", "an NMI in an NMI's handler waits for its IRET")
                .handler(NMI, 64, a -> a.hex("b801a00000 ffe0"))
                .codeAt(
                        MORE + 1,
                        a -> a.hex("fec3 80fb02")
                                .jcc(4, "second")
                                .wrmsr(COMMAND, TO_SELF_AS_NMI)
                                .movRegister(Asm.BP, BX)
                                .iret()
                                .label("second")
                                .end())
                .code(a -> x2Apic(a).wrmsr(COMMAND, TO_SELF_AS_NMI).nop())
                .gives(BX, 2)
                .gives(Asm.BP, 1)
                .frame(0, CODE + sent)
                .build());
        guests.add(apic("3A 7.7.1", "an IRET of the handler's own, for a fault in it, opens NMIs")
                .handler(NMI, 64, a -> a.hex("b801a00000 ffe0"))
                .handler(6, 64, a -> a.hex("48 83 04 24 02").iret())
                .codeAt(
                        MORE + 1,
                        a -> a.hex("fec3 80fb02")
                                .jcc(4, "second")
                                .wrmsr(COMMAND, TO_SELF_AS_NMI)
                                .mov(CX, 1)
                                .label("undefined")
                                .ud2()
                                .mov(CX, 2)
                                .label("second")
                                .end())
                .code(a -> x2Apic(a).wrmsr(COMMAND, TO_SELF_AS_NMI).nop())
                .gives(BX, 2)
                .gives(CX, 1)
                .build());
    }
}
