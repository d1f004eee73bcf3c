package dev.backplane.machine.pc.internal.acpi;

import dev.backplane.api.device.AcpiNode;
import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.Interrupt.Trigger;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.Window;
import java.util.Set;
import java.util.stream.Collectors;

/** What {@code _CRS} gives: resource descriptors (ACPI 6.5, 6.4). */
final class ResourceTemplate {
    private static final int IRQ = 0x22;
    private static final int IO = 0x47;
    private static final int END = 0x79;
    private static final int MEMORY32_FIXED = 0x86;
    private static final int WORD_SPACE = 0x88;
    private static final int EXTENDED_INTERRUPT = 0x89;
    private static final int QWORD_SPACE = 0x8a;

    private static final int CONSUMER = 1;
    private static final int EDGE = 1 << 1;
    private static final int SHARED = 1 << 3;

    private static final int SPACE_MEMORY = 0;
    private static final int SPACE_IO = 1;
    private static final int SPACE_BUS = 2;
    /** Fixed at both ends, decoded positively, consumed. */
    private static final int FIXED = 0x0d;
    /** The same, but for others to consume. */
    private static final int PRODUCED = 0x0c;

    private static final int MEMORY_READ_WRITE = 1;
    private static final int IO_ENTIRE_RANGE = 3;

    private final TableWriter bytes = new TableWriter();

    static ResourceTemplate of(Shape shape) {
        ResourceTemplate template = new ResourceTemplate();
        for (Window window : shape.windows()) {
            switch (window.space()) {
                case PORT -> template.ports((int) window.base(), (int) window.length());
                case MEMORY -> template.memory(window.base(), window.length());
            }
        }
        Set<String> firmware = shape.acpi().notifications().stream()
                .map(AcpiNode.Notification::interrupt)
                .collect(Collectors.toSet());
        for (Interrupt interrupt : shape.interrupts()) {
            if (!firmware.contains(interrupt.name())) {
                template.interrupt(interrupt);
            }
        }
        return template;
    }

    ResourceTemplate ports(int base, int length) {
        if (length < 0x100) {
            bytes.u8(IO).u8(1).u16(base).u16(base).u8(1).u8(length);
        } else {
            bytes.u8(WORD_SPACE).u16(13).u8(SPACE_IO).u8(FIXED).u8(IO_ENTIRE_RANGE);
            bytes.u16(0).u16(base).u16(base + length - 1).u16(0).u16(length);
        }
        return this;
    }

    ResourceTemplate memory(long base, long length) {
        if (base + length <= 1L << 32) {
            bytes.u8(MEMORY32_FIXED).u16(9).u8(MEMORY_READ_WRITE).u32(base).u32(length);
        } else {
            bytes.u8(QWORD_SPACE).u16(43).u8(SPACE_MEMORY).u8(FIXED).u8(MEMORY_READ_WRITE);
            bytes.u64(0).u64(base).u64(base + length - 1).u64(0).u64(length);
        }
        return this;
    }

    /** The bus numbers that a bridge hands out (6.4.3.5.3). */
    ResourceTemplate busNumbers(int last) {
        bytes.u8(WORD_SPACE).u16(13).u8(SPACE_BUS).u8(PRODUCED).u8(0);
        bytes.u16(0).u16(0).u16(last).u16(0).u16(last + 1);
        return this;
    }

    /** Ports that a bridge hands out. */
    ResourceTemplate portWindow(int base, int length) {
        bytes.u8(WORD_SPACE).u16(13).u8(SPACE_IO).u8(PRODUCED).u8(IO_ENTIRE_RANGE);
        bytes.u16(0).u16(base).u16(base + length - 1).u16(0).u16(length);
        return this;
    }

    /** Memory that a bridge hands out. */
    ResourceTemplate memoryWindow(long base, long length) {
        bytes.u8(QWORD_SPACE).u16(43).u8(SPACE_MEMORY).u8(PRODUCED).u8(MEMORY_READ_WRITE);
        bytes.u64(0).u64(base).u64(base + length - 1).u64(0).u64(length);
        return this;
    }

    /** Always active high: lines of this board are asserted or not, they have no voltage. */
    private void interrupt(Interrupt interrupt) {
        boolean edge = interrupt.trigger() == Trigger.EDGE;
        if (edge && interrupt.line() < 16) {
            bytes.u8(IRQ).u16(1 << interrupt.line());
        } else {
            global(interrupt.line(), edge ? EDGE : SHARED);
        }
    }

    /** An edge-triggered interrupt by its global number, for one alone. */
    ResourceTemplate edge(int line) {
        global(line, EDGE);
        return this;
    }

    private void global(int line, int sensing) {
        bytes.u8(EXTENDED_INTERRUPT).u16(6).u8(CONSUMER | sensing).u8(1).u32(line);
    }

    /** The buffer, with its end. */
    byte[] buffer() {
        return Aml.buffer(bytes.u8(END).u8(0).bytes());
    }
}
