package dev.backplane.machine.pc.internal.acpi;

import dev.backplane.machine.pc.internal.chip.ProcessorSlots;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The processors, as tables list them. Those that come and go have methods over their registers in {@link ProcessorSlots} (ACPI 6.5, 6.3
 * and 8.4), and a method of the event block notifies whoever is concerned.
 *
 * @param present which the guest has
 * @param possible how many it may have
 * @param slots whether they come and go
 */
public record Processors(BitSet present, int possible, boolean slots) {
    private static final int ARGUMENTS_OF_EJECT = 1;
    private static final int PRESENT_ENABLED_SHOWN_WORKING = 0xf;
    private static final int DEVICE_CHECK = 1;
    private static final int EJECT_REQUEST = 3;

    private static final int PORT_SPACE = 1;
    private static final int BYTE_ACCESS_WRITE_AS_ZEROS = 1 | 2 << 5;

    private static final int ROOT = 0x5c;
    private static final int MULTI_NAME = 0x2f;
    private static final int STORE = 0x70;
    private static final int MULTIPLY = 0x77;
    private static final int NOTIFY = 0x86;
    private static final int IF = 0xa0;
    private static final int RETURN = 0xa4;

    /** Those that stay. */
    static Processors staying(int count) {
        BitSet all = new BitSet();
        all.set(0, count);
        return new Processors(all, count, false);
    }

    /** The devices of {@code _SB}. */
    List<byte[]> devices() {
        List<byte[]> devices = new ArrayList<>();
        for (int number = 0; number < possible; number++) {
            List<byte[]> terms = new ArrayList<>(
                    List.of(Aml.name("_HID", Aml.hardwareId("ACPI0007")), Aml.name("_UID", Aml.integer(number))));
            if (slots) {
                terms.addAll(methods(number));
            }
            devices.add(Aml.device(name(number), terms));
        }
        return devices;
    }

    private static String name(int number) {
        return "C%03X".formatted(number);
    }

    private static byte[] segment(String name) {
        return new TableWriter().text(name).bytes();
    }

    private static List<byte[]> methods(int number) {
        int port = ProcessorSlots.PORT + ProcessorSlots.SLOTS + number;
        List<byte[]> terms = new ArrayList<>(List.of(
                Aml.name("_MAT", Aml.buffer(Madt.localApic(number, Madt.ENABLED))),
                Aml.region("REGS", PORT_SPACE, port, 1),
                // In the order of the register's bits.
                Aml.bits("REGS", BYTE_ACCESS_WRITE_AS_ZEROS, "PRES", "INSE", "WANT", "EJEC"),
                Aml.serializedMethod(
                        "_STA",
                        0,
                        Aml.operator(
                                RETURN,
                                Aml.operator(
                                        MULTIPLY,
                                        segment("PRES"),
                                        Aml.integer(PRESENT_ENABLED_SHOWN_WORKING),
                                        Aml.integer(0)))),
                Aml.serializedMethod(
                        "CHCK", 0, told(number, "INSE", DEVICE_CHECK), told(number, "WANT", EJECT_REQUEST))));
        if (number > 0) {
            terms.add(Aml.serializedMethod(
                    "_EJ0", ARGUMENTS_OF_EJECT, Aml.operator(STORE, Aml.integer(1), segment("EJEC"))));
        }
        return terms;
    }

    private static byte[] told(int number, String bit, int value) {
        return Aml.block(
                IF,
                segment(bit),
                Aml.operator(STORE, Aml.integer(1), segment(bit)),
                Aml.operator(NOTIFY, segment(name(number)), Aml.integer(value)));
    }

    /** What follows an event: each looks whether it is meant (5.6.4.1). */
    byte[] events() {
        List<byte[]> calls = new ArrayList<>();
        for (int number = 0; number < possible; number++) {
            calls.add(new TableWriter()
                    .u8(ROOT)
                    .u8(MULTI_NAME)
                    .u8(3)
                    .text("_SB_")
                    .text(name(number))
                    .text("CHCK")
                    .bytes());
        }
        return Aml.scope("_GPE", List.of(Aml.serializedMethod("_E00", 0, calls.toArray(byte[][]::new))));
    }
}
